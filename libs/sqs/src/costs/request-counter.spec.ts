import fc from 'fast-check';
import { expect, it } from 'vitest';

import { RequestCounter, type BilledRequest } from './request-counter.js';

const KB = 1024;

it.each([
  [0, 1],
  [1, 1],
  [64 * KB, 1],
  [64 * KB + 1, 2],
  [100 * KB, 2],
  [256 * KB, 4],
  [1024 * KB, 16],
])('bills a batch of %i bytes as %i requests', (bytes, billed) => {
  const counter = new RequestCounter();
  counter.request({ queue: 'q', action: 'SendMessageBatch', entries: 10, bytes });
  expect(counter.counts()).toEqual([
    { queue: 'q', action: 'SendMessageBatch', requests: 1, billed, messages: 10, bytes, empty: 0 },
  ]);
});

it('counts a poll when it is sent, and bills what it brought when it has ended', () => {
  const counter = new RequestCounter();
  const poll = { queue: 'q', action: 'ReceiveMessage', entries: 1, bytes: 0 } as const;
  counter.request(poll);
  expect(counter.counts()).toMatchObject([{ requests: 1, billed: 1, messages: 0, empty: 0 }]);
  counter.receiveEnded({ queue: 'q', answered: true, messages: 3, bytes: 130 * KB });
  expect(counter.counts()).toMatchObject([{ requests: 1, billed: 3, messages: 3, bytes: 130 * KB, empty: 0 }]);
});

it('counts as empty what was answered without a message, and not what failed', () => {
  const counter = new RequestCounter();
  for (const answered of [true, false, true]) {
    counter.request({ queue: 'q', action: 'ReceiveMessage', entries: 1, bytes: 0 });
    counter.receiveEnded({ queue: 'q', answered, messages: 0, bytes: 0 });
  }
  expect(counter.counts()).toMatchObject([{ requests: 3, billed: 3, empty: 2 }]);
});

it('counts by queue and action, and no messages where there are none', () => {
  const counter = new RequestCounter();
  counter.request({ queue: 'a', action: 'GetQueueUrl', entries: 1, bytes: 0 });
  counter.request({ queue: 'a', action: 'DeleteMessageBatch', entries: 7, bytes: 0 });
  counter.request({ queue: 'b', action: 'DeleteMessageBatch', entries: 2, bytes: 0 });
  expect(counter.counts()).toMatchObject([
    { queue: 'a', action: 'GetQueueUrl', messages: 0 },
    { queue: 'a', action: 'DeleteMessageBatch', messages: 7 },
    { queue: 'b', action: 'DeleteMessageBatch', messages: 2 },
  ]);
});

it('hands out copies', () => {
  const counter = new RequestCounter();
  const send = { queue: 'q', action: 'SendMessageBatch', entries: 1, bytes: 1 } as const;
  counter.request(send);
  const before = counter.counts();
  counter.request(send);
  expect(before).toMatchObject([{ requests: 1 }]);
});

const bytes = fc.nat({ max: 300 * KB });
const sends = fc.record({ kind: fc.constant('send' as const), entries: fc.integer({ min: 1, max: 10 }), bytes });
const polls = fc.record({
  kind: fc.constant('poll' as const),
  answered: fc.boolean(),
  messages: fc.nat({ max: 10 }),
  bytes,
});

const requests = fc.array(fc.oneof(sends, polls));

it('tells of each request what it adds to the bill', () => {
  fc.assert(
    fc.property(requests, (made) => {
      const told: BilledRequest[] = [];
      const counter = new RequestCounter((request) => told.push(request));
      for (const { kind, ...request } of made) {
        const action = kind === 'send' ? 'SendMessageBatch' : 'ReceiveMessage';
        if ('entries' in request) counter.request({ queue: 'q', action, ...request });
        else {
          counter.request({ queue: 'q', action, entries: 1, bytes: 0 });
          counter.receiveEnded({ queue: 'q', ...request });
        }
      }
      expect(told).toHaveLength(made.length);
      for (const { action, billed, requests: calls, messages, bytes: size } of counter.counts()) {
        const ofAction = told.filter((request) => request.action === action);
        const sum = (key: 'billed' | 'messages' | 'bytes'): number =>
          ofAction.reduce((total, request) => total + request[key], 0);
        expect([calls, billed, messages, size]).toEqual([
          ofAction.length,
          sum('billed'),
          sum('messages'),
          sum('bytes'),
        ]);
      }
    }),
  );
});
