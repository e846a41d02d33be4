import { describe, expect, it } from 'vitest';
import { groupStoreContract } from '../contract/group-store-contract.test-support.js';
import { idempotencyStoreContract } from '../contract/idempotency-store-contract.test-support.js';
import { resultStoreContract } from '../contract/result-store-contract.test-support.js';
import { revocationStoreContract } from '../contract/revocation-store-contract.test-support.js';
import type { StoreUnderTest } from '../contract/store-under-test.test-support.js';
import { MemoryIdempotencyStore, MemoryResultStore, MemoryRevocationStore } from './index.js';
import { testClock } from './test-clock.test-support.js';

async function underTest<S extends { close(): Promise<void> }>(
  make: (clock: ReturnType<typeof testClock>) => S,
): Promise<StoreUnderTest<S>> {
  const clock = testClock();
  const store = make(clock);
  return { store, pass: clock.pass, close: () => store.close() };
}

resultStoreContract('memory', (options) => underTest((clock) => new MemoryResultStore({ ...options, clock })));
groupStoreContract('memory', async (options) => {
  const { store, ...rest } = await underTest((clock) => new MemoryResultStore({ ...options, clock }));
  return { store: store.groups, ...rest };
});
idempotencyStoreContract('memory', (options) =>
  underTest((clock) => new MemoryIdempotencyStore({ ...options, clock })),
);
revocationStoreContract('memory', (options) => underTest((clock) => new MemoryRevocationStore({ ...options, clock })));

describe('stores in memory', () => {
  const success = { status: 'SUCCESS', traceback: null, children: null, dateDone: null };

  it('have the retention of Celery by default', async () => {
    const clock = testClock();
    const results = new MemoryResultStore({ clock });
    const revocations = new MemoryRevocationStore({ clock });
    await results.store({ ...success, taskId: 'a', result: 1 });
    await revocations.revoke(['a'], { terminate: false });
    await clock.pass(10_799);
    expect((await revocations.revoked(['a'])).size).toBe(1);
    await clock.pass(1);
    expect((await revocations.revoked(['a'])).size).toBe(0);
    await clock.pass(86_399 - 10_800);
    expect(await results.get('a')).toBeDefined();
    await clock.pass(1);
    expect(await results.get('a')).toBeUndefined();
  });

  it('count the time from the last change', async () => {
    const clock = testClock();
    const results = new MemoryResultStore({ clock, resultExpires: 1 });
    const revocations = new MemoryRevocationStore({ clock, revokeExpires: 1 });
    const attempts = new MemoryIdempotencyStore({ clock, retention: 1 });
    const claim = { key: 'k', owner: 'o', messageId: 'm', receiveCount: 1, leaseSeconds: 0.5 };
    const known = async () => [
      await results.get('a'),
      (await revocations.revoked(['a', 'b'])).size,
      (await attempts.claim({ ...claim, owner: 'p' })).kind,
    ];
    await results.store({ ...success, status: 'STARTED', taskId: 'a', result: null });
    await revocations.revoke(['a', 'b'], { terminate: false });
    await attempts.claim(claim);
    await clock.pass(0.8);
    await results.store({ ...success, taskId: 'a', result: 1 });
    await revocations.revoke(['a'], { terminate: false });
    await attempts.settle('k', 'o', 'done');
    await clock.pass(0.9);
    expect(await known()).toEqual([{ ...success, taskId: 'a', result: 1 }, 1, 'settled']);
    await clock.pass(0.1);
    expect(await known()).toEqual([undefined, 0, 'claimed']);
  });

  it('are bounded: what is oldest gives way', async () => {
    const results = new MemoryResultStore({ maxBytes: 10_000 });
    for (const taskId of ['a', 'b', 'c']) await results.store({ ...success, taskId, result: 'x'.repeat(2_000) });
    expect(await results.get('a')).toBeUndefined();
    expect(await results.get('b')).toBeDefined();

    const revocations = new MemoryRevocationStore({ revokesMax: 2 });
    await revocations.revoke(['a', 'b', 'c'], { terminate: false });
    expect([...(await revocations.revoked(['a', 'b', 'c'])).keys()]).toEqual(['b', 'c']);

    const attempts = new MemoryIdempotencyStore({ maxAttempts: 2 });
    const claim = { owner: 'o', messageId: 'm', receiveCount: 1, leaseSeconds: 30 };
    for (const key of ['a', 'b']) await attempts.claim({ ...claim, key });
    await attempts.extend('a', 'o', 30);
    await attempts.claim({ ...claim, key: 'c' });
    expect(await attempts.extend('a', 'o', 30)).toBe(true);
    expect(await attempts.extend('b', 'o', 30)).toBe(false);
  });

  it('refuse what is no time', () => {
    expect(() => new MemoryRevocationStore({ revokeExpires: 0 })).toThrow(/revokeExpires/);
    expect(() => new MemoryIdempotencyStore({ retention: Number.NaN })).toThrow(/retention/);
    expect(() => new MemoryResultStore({ resultExpires: -1 })).toThrow(/resultExpires/);
  });
});
