import { expect, it } from 'vitest';
import { queueWarnings } from './queue-warnings.js';

const queue = { name: 'q', url: 'http://h/q', fifo: false, visibilityTimeout: 30 };
const redrivePolicy = { deadLetterTargetArn: 'arn', maxReceiveCount: 10 };

it.each([
  [{ ...queue, redrivePolicy }, {}, []],
  [{ ...queue, visibilityTimeout: undefined }, {}, []],
  [queue, {}, [expect.stringContaining('has no dead-letter queue')]],
  [{ ...queue, fifo: true }, {}, [expect.stringContaining("poison: 'block' or 'delete'")]],
  [{ ...queue, fifo: true }, { poison: 'block' as const }, []],
])('%#: warns where a message has no place to go', ({ visibilityTimeout, ...info }, options, warnings) => {
  const known = visibilityTimeout === undefined ? info : { ...info, visibilityTimeout };
  expect(queueWarnings([known], options)).toEqual(warnings);
});
