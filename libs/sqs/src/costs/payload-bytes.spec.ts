import { expect, it } from 'vitest';

import { payloadBytes, receiveEnd } from './payload-bytes.js';

it('counts the body, and name, type and value of each attribute, in UTF-8', () => {
  expect(payloadBytes('grün', undefined)).toBe(5);
  const attributes = {
    a: { DataType: 'String', StringValue: 'ü' },
    bc: { DataType: 'Binary', BinaryValue: new Uint8Array(4) },
  };
  expect(payloadBytes('', attributes)).toBe(1 + 6 + 2 + (2 + 6 + 4));
});

it('adds up what an answer brought, what is unusable as well', () => {
  const message = { MessageId: 'm', ReceiptHandle: 'r', Body: 'four' };
  expect(receiveEnd('q', { messages: [message, message], unusable: 1 })).toEqual({
    queue: 'q',
    answered: true,
    messages: 3,
    bytes: 8,
  });
});

it('tells an answer without messages from none at all', () => {
  expect(receiveEnd('q', { messages: [], unusable: 0 })).toMatchObject({ answered: true, messages: 0, bytes: 0 });
  expect(receiveEnd('q', undefined)).toMatchObject({ answered: false, messages: 0, bytes: 0 });
});
