import { describe, expect, it, vi } from 'vitest';
import type { ResultStore, TaskMeta } from '#celery/ports';
import { withStore, type Body, type Open } from './store-under-test.test-support.js';

function meta(given: Partial<TaskMeta> = {}): TaskMeta {
  return {
    taskId: 'id-1',
    status: 'SUCCESS',
    result: 3,
    traceback: null,
    children: [],
    dateDone: '2026-11-22T06:05:13.251323+00:00',
    ...given,
  };
}

const progress = meta({ status: 'PROGRESS', result: { done: 1 }, dateDone: null });

/** What every {@link ResultStore} does that tells of what it stores. */
export function resultSubscriptionContract(name: string, open: Open<ResultStore, object>): void {
  const using = (body: Body<ResultStore>) => withStore(open, {}, body);

  async function subscribed(store: ResultStore, taskId = 'id-1') {
    const listener = vi.fn<() => void>();
    const subscription = await store.subscribe?.(taskId, listener);
    if (!subscription) throw new Error('it does not tell');
    return { listener, end: subscription.end };
  }

  describe(`${name} as a result store that tells`, () => {
    it(
      'tells of each state, and has it by then',
      using(async ({ store }) => {
        const seen: unknown[] = [];
        await store.subscribe?.('id-1', () => void store.get('id-1').then((one) => seen.push(one?.status)));
        await store.store(progress);
        await vi.waitFor(() => expect(seen).toEqual(['PROGRESS']));
        await store.store(meta());
        await vi.waitFor(() => expect(seen).toEqual(['PROGRESS', 'SUCCESS']));
      }),
    );

    it(
      'tells every listener of its own task, until it ends',
      using(async ({ store }) => {
        const [one, two, other] = [await subscribed(store), await subscribed(store), await subscribed(store, 'id-2')];
        one.end();
        one.end();
        await store.store(progress);
        await vi.waitFor(() => expect(two.listener).toHaveBeenCalled());
        expect(one.listener).not.toHaveBeenCalled();
        expect(other.listener).not.toHaveBeenCalled();
        two.end();
        const again = await subscribed(store);
        await store.store(meta());
        await vi.waitFor(() => expect(again.listener).toHaveBeenCalled());
        expect(two.listener).toHaveBeenCalledOnce();
      }),
    );

    it(
      'tells nobody of what is not stored: a SUCCESS stays',
      using(async ({ store }) => {
        await store.store(meta());
        const [same, other] = [await subscribed(store), await subscribed(store, 'id-2')];
        await store.store(progress);
        await store.store(meta({ taskId: 'id-2' }));
        await vi.waitFor(() => expect(other.listener).toHaveBeenCalled());
        expect(same.listener).not.toHaveBeenCalled();
      }),
    );

    it(
      'takes a hundred at once, of ten tasks',
      using(async ({ store }) => {
        const ids = Array.from({ length: 100 }, (_, index) => `id-${index % 10}`);
        const all = await Promise.all(ids.map((id) => subscribed(store, id)));
        await Promise.all([...new Set(ids)].map((taskId) => store.store(meta({ taskId }))));
        await vi.waitFor(() => {
          for (const { listener } of all) expect(listener).toHaveBeenCalled();
        });
        for (const { end } of all) end();
      }),
    );
  });
}
