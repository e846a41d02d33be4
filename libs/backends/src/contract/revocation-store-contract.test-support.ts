import { describe, expect, it } from 'vitest';
import type { RevocationStore } from '#celery/ports';
import { withStore, type Body, type Open } from './store-under-test.test-support.js';

/** What the suite says when it opens a store. */
export interface RevocationContractOptions {
  readonly revokeExpires?: number;
}

/** What every {@link RevocationStore} does. */
export function revocationStoreContract(name: string, open: Open<RevocationStore, RevocationContractOptions>): void {
  const using = (body: Body<RevocationStore>, options: RevocationContractOptions = {}) =>
    withStore(open, options, body);

  describe(`${name} as a revocation store`, () => {
    it(
      'has revoked nothing at first',
      using(async ({ store }) => {
        expect(await store.revoked(['a', 'b'])).toEqual(new Map());
        expect(await store.revoked([])).toEqual(new Map());
      }),
    );

    it(
      'says which of many are revoked, and how',
      using(async ({ store }) => {
        await store.revoke(['a', 'b'], { terminate: false });
        await store.revoke(['c'], { terminate: true });
        await store.revoke([], { terminate: true });
        const revoked = await store.revoked(['x', 'c', 'a', 'y', 'b', 'a']);
        expect(Object.fromEntries(revoked)).toEqual({
          a: { terminate: false },
          b: { terminate: false },
          c: { terminate: true },
        });
      }),
    );

    it(
      'terminates once it was asked to',
      using(async ({ store }) => {
        await store.revoke(['a'], { terminate: false });
        await store.revoke(['a'], { terminate: true });
        await store.revoke(['a'], { terminate: false });
        expect((await store.revoked(['a'])).get('a')).toEqual({ terminate: true });
      }),
    );

    it(
      'takes thousands at once',
      using(async ({ store }) => {
        const ids = Array.from({ length: 2_500 }, (_, index) => `id-${index}`);
        await store.revoke(ids, { terminate: false });
        expect((await store.revoked(ids)).size).toBe(2_500);
      }),
    );

    it(
      'forgets after its time',
      using(
        async ({ store, pass }) => {
          await store.revoke(['a'], { terminate: true });
          await pass(0.11);
          expect(await store.revoked(['a'])).toEqual(new Map());
        },
        { revokeExpires: 0.1 },
      ),
    );
  });
}
