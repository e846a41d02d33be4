import { describe, expect, it } from 'vitest';
import type { AttemptClaim, IdempotencyStore } from '#celery/ports';
import { withStore, type Body, type Open } from './store-under-test.test-support.js';

/** What the suite says when it opens a store. */
export interface IdempotencyContractOptions {
  readonly retention?: number;
}

function claim(given: Partial<AttemptClaim> = {}): AttemptClaim {
  return { key: 'task:id:0:0', owner: 'a', messageId: 'm-1', receiveCount: 1, leaseSeconds: 30, ...given };
}

const { key } = claim();
const fresh = { kind: 'claimed', attempt: 0, lost: false };
/** The same message, received again: its earlier lease is over. */
const again = claim({ owner: 'b', receiveCount: 2 });
/** Another message that asks for the same attempt. */
const copy = claim({ owner: 'b', messageId: 'm-2' });

/** What every {@link IdempotencyStore} does. */
export function idempotencyStoreContract(name: string, open: Open<IdempotencyStore, IdempotencyContractOptions>): void {
  const using = (body: Body<IdempotencyStore>, options: IdempotencyContractOptions = {}) =>
    withStore(open, options, body);

  describe(`${name} as an idempotency store: claiming`, () => {
    it(
      'gives an attempt to the first',
      using(async ({ store }) => {
        expect(await store.claim(claim())).toEqual(fresh);
        expect(await store.claim(claim({ key: 'another', owner: 'b' }))).toEqual(fresh);
      }),
    );

    it(
      'says to others for how long it is running',
      using(async ({ store }) => {
        await store.claim(claim({ leaseSeconds: 30 }));
        const answer = await store.claim(copy);
        expect(answer.kind).toBe('running');
        expect(answer).toHaveProperty('leaseSeconds');
        const { leaseSeconds } = answer as { leaseSeconds: number };
        expect(leaseSeconds).toBeGreaterThan(20);
        expect(leaseSeconds).toBeLessThanOrEqual(30);
      }),
    );

    it(
      'gives it again to the same owner, whose first answer was lost',
      using(async ({ store }) => {
        await store.claim(claim());
        expect(await store.claim(claim())).toEqual(fresh);
        expect((await store.claim(copy)).kind).toBe('running');
      }),
    );

    it(
      'of 100 at once exactly one wins',
      using(async ({ store }) => {
        const claims = Array.from({ length: 100 }, (_, index) =>
          claim({ owner: `o-${index}`, messageId: `m-${index}` }),
        );
        const answers = await Promise.all(claims.map((one) => store.claim(one)));
        expect(answers.filter(({ kind }) => kind === 'claimed')).toEqual([fresh]);
        expect(answers.filter(({ kind }) => kind === 'running')).toHaveLength(99);
      }),
    );

    it(
      'of 100 at once exactly one takes over',
      using(async ({ store, pass }) => {
        await store.claim(claim({ leaseSeconds: 0.05 }));
        await pass(0.06);
        const claims = Array.from({ length: 100 }, (_, index) =>
          claim({ owner: `o-${index}`, messageId: `m-${index}` }),
        );
        const answers = await Promise.all(claims.map((one) => store.claim(one)));
        expect(answers.filter(({ kind }) => kind === 'claimed')).toEqual([{ ...fresh, lost: true }]);
      }),
    );
  });

  describe(`${name} as an idempotency store: taking over`, () => {
    it(
      'when the lease is over, from a worker that is lost',
      using(async ({ store, pass }) => {
        await store.claim(claim({ leaseSeconds: 0.05 }));
        await pass(0.06);
        expect(await store.claim(copy)).toEqual({ ...fresh, lost: true });
        expect(await store.extend(key, 'a', 30)).toBe(false);
        expect(await store.extend(key, 'b', 30)).toBe(true);
      }),
    );

    it(
      'when the same message is received again, though the lease is not over',
      using(async ({ store }) => {
        await store.claim(claim());
        expect(await store.claim(again)).toEqual({ ...fresh, lost: true });
        expect(await store.decide(key, 'a', 'late')).toBe(false);
      }),
    );

    it(
      'not by an earlier or the same receive of the message',
      using(async ({ store }) => {
        await store.claim(claim({ receiveCount: 2 }));
        expect((await store.claim(claim({ owner: 'b', receiveCount: 1 }))).kind).toBe('running');
        expect((await store.claim(claim({ owner: 'b', receiveCount: 2 }))).kind).toBe('running');
        expect((await store.claim(claim({ owner: 'b', receiveCount: 10 }))).kind).toBe('claimed');
      }),
    );

    it(
      'with the decision, if there was one: then nobody is lost',
      using(async ({ store, pass }) => {
        await store.claim(claim({ leaseSeconds: 0.05 }));
        expect(await store.decide(key, 'a', '{"kind":"success"}')).toBe(true);
        await pass(0.06);
        expect(await store.claim(copy)).toEqual({ ...fresh, decision: '{"kind":"success"}' });
        const third = claim({ owner: 'c', messageId: 'm-2', receiveCount: 2 });
        expect(await store.claim(third)).toEqual({ ...fresh, decision: '{"kind":"success"}' });
      }),
    );

    it(
      'and who was lost stays known until the attempt is another',
      using(async ({ store }) => {
        await store.claim(claim());
        await store.claim(again);
        await store.release(key, 'b', { retried: false });
        expect(await store.claim(claim({ owner: 'c', receiveCount: 3 }))).toEqual({ ...fresh, lost: true });
        await store.release(key, 'c', { retried: true });
        expect(await store.claim(claim({ owner: 'd', receiveCount: 4 }))).toEqual({ ...fresh, attempt: 1 });
      }),
    );
  });

  describe(`${name} as an idempotency store: owning`, () => {
    it(
      'extends a lease',
      using(async ({ store, pass }) => {
        await store.claim(claim({ leaseSeconds: 0.1 }));
        expect(await store.extend(key, 'a', 30)).toBe(true);
        await pass(0.15);
        expect((await store.claim(copy)).kind).toBe('running');
      }),
    );

    it(
      'extends a lease that is over while nobody has taken it',
      using(async ({ store, pass }) => {
        await store.claim(claim({ leaseSeconds: 0.05 }));
        await pass(0.06);
        expect(await store.extend(key, 'a', 30)).toBe(true);
        expect((await store.claim(copy)).kind).toBe('running');
      }),
    );

    it(
      'lets nobody else extend, decide, settle or release',
      using(async ({ store }) => {
        await store.claim(claim());
        expect(await store.extend(key, 'b', 30)).toBe(false);
        expect(await store.decide(key, 'b', 'd')).toBe(false);
        expect(await store.settle(key, 'b', 'd')).toBe(false);
        await store.release(key, 'b', { retried: true });
        expect((await store.claim(copy)).kind).toBe('running');
        expect(await store.claim(claim())).toEqual(fresh);
      }),
    );

    it(
      'is nothing for an attempt that is not known',
      using(async ({ store }) => {
        expect(await store.extend(key, 'a', 30)).toBe(false);
        expect(await store.decide(key, 'a', 'd')).toBe(false);
        expect(await store.settle(key, 'a', 'd')).toBe(false);
        await store.release(key, 'a', { retried: true });
        expect(await store.claim(claim())).toEqual(fresh);
      }),
    );
  });

  describe(`${name} as an idempotency store: ending`, () => {
    it(
      'remembers a settled attempt, for every claim',
      using(async ({ store, pass }) => {
        await store.claim(claim({ leaseSeconds: 0.05 }));
        await store.decide(key, 'a', 'first');
        expect(await store.settle(key, 'a', 'last')).toBe(true);
        await pass(0.06);
        for (const one of [claim(), copy, again])
          expect(await store.claim(one)).toEqual({ kind: 'settled', decision: 'last' });
      }),
    );

    it(
      'settles without a decision before, and says so again',
      using(async ({ store }) => {
        await store.claim(claim());
        expect(await store.settle(key, 'a', '')).toBe(true);
        expect(await store.settle(key, 'a', '')).toBe(true);
        expect(await store.settle(key, 'b', 'other')).toBe(false);
        expect(await store.extend(key, 'a', 30)).toBe(false);
        await store.release(key, 'a', { retried: true });
        expect(await store.claim(copy)).toEqual({ kind: 'settled', decision: '' });
      }),
    );

    it(
      'gives a released attempt at once to the next, who has lost nobody',
      using(async ({ store }) => {
        await store.claim(claim());
        await store.release(key, 'a', { retried: false });
        expect(await store.settle(key, 'a', 'late')).toBe(false);
        expect(await store.claim(copy)).toEqual(fresh);
      }),
    );

    it(
      'keeps a decision that was taken before a release',
      using(async ({ store }) => {
        await store.claim(claim());
        await store.decide(key, 'a', 'decided');
        await store.release(key, 'a', { retried: false });
        expect(await store.claim(copy)).toEqual({ ...fresh, decision: 'decided' });
      }),
    );

    it(
      'counts the retries in place, each without a decision',
      using(async ({ store }) => {
        for (const attempt of [0, 1, 2]) {
          const owner = `o-${attempt}`;
          expect(await store.claim(claim({ owner, receiveCount: attempt + 1 }))).toEqual({ ...fresh, attempt });
          await store.decide(key, owner, 'retry');
          await store.release(key, owner, { retried: true });
        }
      }),
    );

    it(
      'keeps text of any kind',
      using(async ({ store }) => {
        const decision = JSON.stringify({ text: 'größer 🎉 \0 \n "', n: 1e21 });
        const strange = claim({ key: 'tâsk name:ид:{0}:*', owner: 'owner 🎉' });
        await store.claim(strange);
        expect(await store.settle(strange.key, strange.owner, decision)).toBe(true);
        expect(await store.claim(strange)).toEqual({ kind: 'settled', decision });
      }),
    );

    it(
      'forgets after the retention',
      using(
        async ({ store, pass }) => {
          await store.claim(claim({ leaseSeconds: 0.05 }));
          await store.settle(key, 'a', 'd');
          await pass(0.11);
          expect(await store.claim(copy)).toEqual(fresh);
        },
        { retention: 0.1 },
      ),
    );

    it(
      'does not forget within a lease',
      using(
        async ({ store, pass }) => {
          await store.claim(claim({ leaseSeconds: 30 }));
          await pass(0.3);
          expect((await store.claim(copy)).kind).toBe('running');
        },
        { retention: 0.2 },
      ),
    );
  });
}
