import { expect, it } from 'vitest';

import { systemClock } from '#celery/ports';

import { HeldLease } from './held-lease.js';

function held(): HeldLease {
  const subject = { queue: 'q', messageId: 'm', receiptHandle: 'r', maxBlockedMs: 1000 };
  const now = systemClock.monotonic();
  const record = {
    grantedAt: now,
    receivedAt: now,
    seconds: 30,
    extensionSeconds: 30,
    extendUntil: Infinity,
    retryAt: 0,
  };
  return new HeldLease(subject, record, systemClock);
}

it.each([
  ['lost', (lease: HeldLease) => lease.lose('expired'), 'expired'],
  ['interrupted', (lease: HeldLease) => lease.interrupt(), 'shutdown'],
  [
    'interrupted after its message was acknowledged',
    (lease: HeldLease) => {
      lease.end();
      lease.interrupt();
    },
    'shutdown',
  ],
])('gives an aborted signal to whoever asks for it after it was %s', (_, happens, reason) => {
  const lease = held();
  const before = held();
  const { signal } = before;
  for (const one of [lease, before]) happens(one);
  expect([lease.signal.aborted, lease.signal.reason]).toEqual([signal.aborted, signal.reason]);
  expect(lease.signal.reason).toMatchObject({ reason });
});
