import { expect, it } from 'vitest';
import { queueFailure } from './queue-failure.js';

const queue = { name: 'celery', sqsName: 'celery', consume: true };

it.each([
  ['ExpiredToken', /credentials have expired/],
  ['ExpiredTokenException', /credentials have expired/],
  ['InvalidClientTokenId', /does not accept these credentials/],
  ['UnrecognizedClientException', /does not accept these credentials/],
  ['SignatureDoesNotMatch', /does not accept these credentials/],
  ['InvalidSignatureException', /does not accept these credentials/],
  ['ECONNREFUSED', /Check the network/],
])('advises on %s', (name, advice) => {
  const { message } = queueFailure(Object.assign(new Error('no'), { name }), 'GetQueueUrl', queue);
  expect(message).toMatch(advice);
  expect(message).toContain(name);
});
