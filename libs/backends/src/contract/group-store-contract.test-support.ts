import { describe, expect, it } from 'vitest';
import type { GroupStore, ResultTuple } from '#celery/ports';
import type { ResultRetention } from '../retention.js';
import { withStore, type Body, type Open } from './store-under-test.test-support.js';

function task(id: string, parent: ResultTuple | null = null): ResultTuple {
  return [[id, parent], null];
}

function group(id: string, members: readonly ResultTuple[], parent: ResultTuple | null = null): ResultTuple {
  return [[id, parent], members];
}

/**
 * What every {@link GroupStore} does. `open` takes the retention of results, which is that of groups. `expires`: whether groups are
 * removed by themselves. Default: they are.
 */
export function groupStoreContract(
  name: string,
  open: Open<GroupStore, ResultRetention>,
  { expires = true }: { readonly expires?: boolean } = {},
): void {
  const using = (body: Body<GroupStore>, options: ResultRetention = {}) => withStore(open, options, body);

  describe(`${name} as a store of groups`, () => {
    it(
      'knows nothing of a group that nobody saved',
      using(async ({ store }) => {
        expect(await store.restore('g')).toBeUndefined();
      }),
    );

    it(
      'gives back what was saved, each group apart',
      using(async ({ store }) => {
        const one = group('g', [task('a'), task('b')]);
        const two = group('h', []);
        await store.save(one);
        await store.save(two);
        expect(await store.restore('g')).toEqual(one);
        expect(await store.restore('h')).toEqual(two);
        expect(await store.restore('a')).toBeUndefined();
      }),
    );

    it(
      'keeps groups within groups, parents, the order, and ids of any kind',
      using(async ({ store }) => {
        const header = group('header', [task('z'), task('a')]);
        const members = [task('b', task('a')), group('inner', [task('c')], task('p')), task('body', header)];
        const nested = group('gruppe ü:{1} "🎉"', members, task('first', task('before')));
        await store.save(nested);
        expect(await store.restore('gruppe ü:{1} "🎉"')).toEqual(nested);
      }),
    );

    it(
      'keeps a group of thousands',
      using(async ({ store }) => {
        const many = group(
          'g',
          Array.from({ length: 2_000 }, (_, index) => task(`00000000-0000-4000-8000-${index}`)),
        );
        await store.save(many);
        expect(await store.restore('g')).toEqual(many);
      }),
    );

    it(
      'keeps what was saved last',
      using(async ({ store }) => {
        await store.save(group('g', [task('a')]));
        await store.save(group('g', [task('b'), task('c')]));
        expect(await store.restore('g')).toEqual(group('g', [task('b'), task('c')]));
      }),
    );

    it(
      'removes on demand; what it does not know as well',
      using(async ({ store }) => {
        await store.save(group('g', [task('a')]));
        await store.save(group('h', [task('b')]));
        await store.remove('g');
        await store.remove('g');
        expect(await store.restore('g')).toBeUndefined();
        expect(await store.restore('h')).toEqual(group('h', [task('b')]));
      }),
    );

    if (!expires) return;

    it(
      'forgets after the expiry of results, counted from the last save',
      using(
        async ({ store, pass }) => {
          await store.save(group('g', [task('a')]));
          await store.save(group('h', [task('a')]));
          await pass(0.6);
          await store.save(group('h', [task('b')]));
          await pass(0.6);
          expect(await store.restore('g')).toBeUndefined();
          expect(await store.restore('h')).toEqual(group('h', [task('b')]));
        },
        { resultExpires: 1 },
      ),
    );

    it(
      'keeps for ever where results are',
      using(
        async ({ store, pass }) => {
          await store.save(group('g', [task('a')]));
          await pass(1.1);
          expect(await store.restore('g')).toEqual(group('g', [task('a')]));
        },
        { resultExpires: null, resultFailureExpires: 1 },
      ),
    );
  });
}
