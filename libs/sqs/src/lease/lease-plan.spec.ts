import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { dueAt, extensionAt, isStale, leaseEnd, nextLook, planExtensions, type LeaseTerms } from './lease-plan.js';

const lease = (change: Partial<LeaseTerms> = {}): LeaseTerms => ({
  grantedAt: 0,
  seconds: 30,
  extensionSeconds: 30,
  receivedAt: 0,
  extendUntil: Infinity,
  retryAt: 0,
  ...change,
});

const anyLease = fc.record({
  grantedAt: fc.integer({ min: 0, max: 100_000 }),
  seconds: fc.integer({ min: 1, max: 600 }),
  extensionSeconds: fc.integer({ min: 0, max: 1200 }),
  receivedAt: fc.constant(0),
  extendUntil: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 1_000_000 })),
  retryAt: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200_000 })),
});

describe('planExtensions', () => {
  it('extends nothing before it is due and everything that is', () => {
    expect(planExtensions([lease()], 17_999).extend).toEqual([]);
    expect(planExtensions([lease()], 18_000).extend).toEqual([0]);
  });

  it('fills the last batch with what will be due next, and starts no further batch for it', () => {
    const due = Array.from({ length: 8 }, () => lease());
    const soon = Array.from({ length: 5 }, (_, i) => lease({ grantedAt: 5000 - i * 1000 }));
    expect(planExtensions([...due, ...soon], 18_000).extend).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 12, 11]);
  });

  it('leaves alone what failed a moment ago, what has ended and what is spent', () => {
    const leases = [lease({ retryAt: 20_000 }), lease({ seconds: 10 }), lease({ extensionSeconds: 0 })];
    expect(planExtensions(leases, 19_000).extend).toEqual([]);
  });

  it('is due before two thirds of any lease have passed, and wakes for it', () => {
    fc.assert(
      fc.property(anyLease, (terms) => {
        const fresh = { ...terms, retryAt: 0, extendUntil: Infinity, extensionSeconds: terms.seconds };
        const { extend, wakeAt } = planExtensions([fresh], fresh.grantedAt);
        expect(extend).toEqual([]);
        expect(wakeAt - fresh.grantedAt).toBeLessThan((fresh.seconds * 1000 * 2) / 3);
        expect(planExtensions([fresh], wakeAt).extend).toEqual([0]);
      }),
    );
  });

  it('never wakes in the past and never forgets a lease that has not ended', () => {
    fc.assert(
      fc.property(
        fc.array(anyLease, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 900_000 }),
        (leases, now) => {
          const { extend, wakeAt } = planExtensions(leases, now);
          const alive = leases.filter((terms) => leaseEnd(terms) > now);
          expect(wakeAt).toBeLessThanOrEqual(alive.length === 0 ? Infinity : Math.max(...alive.map(leaseEnd)));
          expect(wakeAt === Infinity).toBe(alive.length === 0);
          expect(wakeAt).toBeGreaterThanOrEqual(now);
          // What is due at the very moment is extended, or the loop would come back to it at once and for ever.
          expect(wakeAt === now && extend.length === 0).toBe(false);
          expect(new Set(extend).size).toBe(extend.length);
        },
      ),
    );
  });
});

describe('extensionAt', () => {
  it('never reaches beyond twelve hours from the receive, nor beyond extendUntil', () => {
    fc.assert(
      fc.property(anyLease, fc.integer({ min: 0, max: 43_300_000 }), (terms, now) => {
        const held = { ...terms, grantedAt: now - 1 };
        const seconds = extensionAt(held, now);
        if (seconds === 0) return;
        expect(now + seconds * 1000).toBeLessThanOrEqual(Math.min(43_200_000, held.extendUntil));
        expect(now + seconds * 1000).toBeGreaterThan(leaseEnd(held));
      }),
    );
  });

  it('is nothing once the lease has ended: an answer could only take a message back from another worker', () => {
    expect(extensionAt(lease(), 30_000)).toBe(0);
  });
});

describe('a lease kept by its plan', () => {
  it('outlives any series of failed calls that ends in time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 600 }), fc.integer({ min: 0, max: 3 }), (seconds, failures) => {
        let terms = lease({ seconds, extensionSeconds: seconds });
        let now = dueAt(terms);
        for (let i = 0; i < failures; i++) {
          terms = { ...terms, retryAt: now + Math.min(Math.max((leaseEnd(terms) - now) / 4, 100), 5000) };
          now = nextLook(terms, now);
        }
        expect(planExtensions([terms], now).extend).toEqual([0]);
      }),
    );
  });
});

describe('isStale', () => {
  it('holds once more than two thirds have passed', () => {
    expect(isStale(lease(), 20_000)).toBe(false);
    expect(isStale(lease(), 20_001)).toBe(true);
  });
});
