import { expect, it } from 'vitest';
import { queueProblems, queueWarnings } from './queue-warnings.js';

const queue = { name: 'celery', url: 'http://127.0.0.1/000000000000/celery', fifo: false, visibilityTimeout: 30 };
const redrivePolicy = { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dlq', maxReceiveCount: 5 };
const { visibilityTimeout: _unknown, ...unread } = queue;

it.each([
  ['a standard queue without dead-letter queue', queue, [], [expect.stringContaining('no dead-letter queue')]],
  ['one with a dead-letter queue', { ...queue, redrivePolicy }, [], []],
  ['one whose attributes are not known', unread, [], []],
  ['a FIFO queue without', { ...queue, fifo: true }, [expect.stringContaining("poison: 'block' or 'delete'")], []],
  [
    'a FIFO queue with few receives',
    { ...queue, fifo: true, redrivePolicy: { ...redrivePolicy, maxReceiveCount: 3 } },
    [],
    [expect.stringContaining('maxReceiveCount 3')],
  ],
  ['a FIFO queue with', { ...queue, fifo: true, redrivePolicy }, [], []],
])('of %s', (_what, info, problems, warnings) => {
  expect(queueProblems([info], {})).toEqual(problems);
  expect(queueWarnings([info])).toEqual(warnings);
});

it('is satisfied by a choice', () => {
  expect(queueProblems([{ ...queue, fifo: true }], { poison: 'block' })).toEqual([]);
});
