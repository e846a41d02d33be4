import { expect, it } from 'vitest';
import { QueueNotFoundError } from './queue-errors.js';
import { withoutCredentials } from './without-credentials.js';

it.each([
  ['sqs://AKID:topsecret@', 'sqs://'],
  ['Queue "a" (https://AKID:top/sec@ret@host/1/a) is', 'Queue "a" (https://host/1/a) is'],
  ['https://host/1/a and mail@host', 'https://host/1/a and mail@host'],
])('%s', (text, expected) => {
  expect(withoutCredentials(text)).toBe(expected);
});

it('keeps credentials out of the messages of errors', () => {
  const error = new QueueNotFoundError('sqs://AKID:topsecret@', 'https://AKID:topsecret@host/1/a');
  expect(error.message).toMatch(/^Queue "sqs:\/\/" \(https:\/\/host\/1\/a\) does not exist/);
});
