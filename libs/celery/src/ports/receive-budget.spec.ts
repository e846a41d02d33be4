import { expect, it } from 'vitest';
import { mayGoBack } from './receive-budget.js';

const queue = { name: 'celery', url: 'http://127.0.0.1/000000000000/celery', fifo: false };

it.each([
  [undefined, 1_000, true],
  [1, 1, false],
  [3, 1, true],
  [3, 2, false],
  [3, 3, false],
  [10, 8, true],
  [10, 9, false],
])('maxReceiveCount %s, receive %i: may go back is %s', (maxReceiveCount, receiveCount, answer) => {
  const redrivePolicy = {
    deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
    maxReceiveCount: maxReceiveCount ?? 0,
  };
  const info = maxReceiveCount === undefined ? queue : { ...queue, redrivePolicy };
  expect(mayGoBack({ queue: info, receiveCount })).toBe(answer);
});
