import { expect, it, vi } from 'vitest';
import { FAILURE, NoStoreError, type ResultStore, type TaskMeta } from '#celery';
import { StateUpdates } from './state-updates.js';
import type { TaskRequest } from './task-request.js';
import { Bench, body } from './worker.test-support.js';

/** A result store that writes down what it is given, each state only when it is let. */
class RecordedStore implements ResultStore {
  readonly metas: TaskMeta[] = [];
  delayed: Promise<void> | undefined;

  async store(meta: TaskMeta): Promise<void> {
    await this.delayed;
    this.metas.push(meta);
  }

  async get(): Promise<undefined> {}
  async forget(): Promise<void> {}
  async close(): Promise<void> {}
}

async function run(handler: (request: TaskRequest) => unknown, message = body()): Promise<RecordedStore> {
  const results = new RecordedStore();
  await new Bench({ stores: { results } }).task('do', handler).handle({ body: message });
  return results;
}

const states = ({ metas }: RecordedStore): unknown[] => metas.map(({ status, result }) => [status, result]);

it('stores the states that a handler gives its task, and its outcome at last', async () => {
  const stored = await run(async (request) => {
    await request.updateState('PROGRESS', { done: 1, of: 2 });
    await request.updateState('STARTED');
    return 'end';
  });
  expect(states(stored)).toEqual([
    ['PROGRESS', { done: 1, of: 2 }],
    ['STARTED', null],
    ['SUCCESS', 'end'],
  ]);
  expect(stored.metas[0]).toMatchObject({ dateDone: null, traceback: null });
});

it('stores in order, and before the outcome, what the handler did not wait for', async () => {
  const results = new RecordedStore();
  let go = (): void => {};
  results.delayed = new Promise((resolve) => (go = resolve));
  const bench = new Bench({ stores: { results } }).task('do', (request) => {
    for (const done of [1, 2, 3]) void request.updateState('PROGRESS', done);
    throw new Error('boom');
  });
  const handled = bench.handle({ body: body() });
  await Promise.resolve();
  go();
  await handled;
  expect(states(results).map((one) => (one as unknown[])[0])).toEqual(['PROGRESS', 'PROGRESS', 'PROGRESS', FAILURE]);
  expect(results.metas.slice(0, 3).map(({ result }) => result)).toEqual([1, 2, 3]);
});

it('stores nothing after the end of the run', async () => {
  let kept: TaskRequest | undefined;
  const stored = await run((request) => {
    kept = request;
  });
  await expect(kept?.updateState('PROGRESS')).rejects.toThrow(/has ended/);
  expect(stored.metas).toHaveLength(1);
});

it.each(['SUCCESS', 'FAILURE', 'REVOKED', 'RETRY', ''])(
  'refuses %j, which only the end of the task can give',
  async (state) => {
    const errors: unknown[] = [];
    const stored = await run((request) => request.updateState(state).catch((error: unknown) => errors.push(error)));
    expect(errors).toEqual([expect.any(TypeError)]);
    expect(stored.metas).toHaveLength(1);
  },
);

it('stores nothing of a task whose result is ignored', async () => {
  const stored = await run((request) => request.updateState('PROGRESS'), body({ ignoreResult: true }));
  expect(stored.metas).toEqual([]);
});

it('needs a store of results', async () => {
  await expect(new StateUpdates(undefined).update('PROGRESS', null)).rejects.toThrow(NoStoreError);
});

it('goes on after an update that failed, of which who asked for it is told', async () => {
  const store = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('down')).mockResolvedValue();
  const updates = new StateUpdates(store);
  await expect(updates.update('A', null)).rejects.toThrow('down');
  await updates.update('B', null);
  await updates.end();
  expect(store.mock.calls).toEqual([
    ['A', null],
    ['B', null],
  ]);
});

it('stores the tasks that were sent by the run as its children', async () => {
  const child = [['child', null], null] as const;
  const stored = await run(async (request) => {
    await request.updateState('PROGRESS');
    request.addChild(child);
  });
  expect(stored.metas.map(({ children }) => children)).toEqual([[], [child]]);
});
