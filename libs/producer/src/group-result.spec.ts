import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { MemoryResultStore, MemoryRevocationStore } from '#backends';
import {
  DecodeError,
  NoStoreError,
  RemoteTaskError,
  TimeoutError,
  type ResultStore,
  type ResultTuple,
  type TaskMeta,
} from '#celery';
import { VirtualClock } from '#sqs-local';
import { AsyncResult, GroupResult, ResultBackend } from './index.js';

function meta(taskId: string, given: Partial<TaskMeta> = {}): TaskMeta {
  return { taskId, status: 'SUCCESS', result: taskId, traceback: null, children: null, dateDone: null, ...given };
}

const failed = { status: 'FAILURE', result: { excType: 'ValueError', excMessage: ['boom'], excModule: 'builtins' } };

/** A group of the tasks a and b, and of a group of c alone. */
function setUp() {
  const clock = new VirtualClock();
  const results = new MemoryResultStore({ clock });
  const revocations = new MemoryRevocationStore({ clock });
  const backend = new ResultBackend({ results, revocations, clock });
  const task = (id: string) => new AsyncResult(id, { backend });
  const inner = new GroupResult('inner', [task('c')], { backend });
  const group = new GroupResult<readonly [string, string, readonly unknown[]]>('g', [task('a'), task('b'), inner], {
    backend,
    parent: task('before'),
  });
  const done = (taskId: string, given?: Partial<TaskMeta>) => results.store(meta(taskId, given));
  return { clock, results, revocations, backend, group, done };
}

describe('a group of results', () => {
  it('is ready once all have ended', async () => {
    const { group, done } = setUp();
    await done('a');
    await done('b', failed);
    expect([await group.waiting(), await group.ready(), await group.completedCount()]).toEqual([true, false, 1]);
    await done('c');
    expect([await group.waiting(), await group.ready(), await group.completedCount()]).toEqual([false, true, 2]);
    expect([await group.successful(), await group.failed()]).toEqual([false, true]);
    expect(await group.children()).toBe(group.results);
  });

  it('has errors among its results where they are not to be thrown', async () => {
    const { group, done } = setUp();
    await done('a');
    await done('b', failed);
    await expect(group.get()).rejects.toThrow(RemoteTaskError);
    await expect(group.maybeThrow()).rejects.toThrow('boom');
    await done('c');
    expect(await group.get({ propagate: false })).toEqual(['a', expect.any(RemoteTaskError), ['c']]);
    expectTypeOf(() => group.get({ propagate: false })).returns.resolves.toEqualTypeOf<
      readonly [string | Error, string | Error, readonly unknown[] | Error]
    >();
    expectTypeOf(() => group.get({ timeoutMs: 1 })).returns.resolves.toEqualTypeOf<
      readonly [string, string, readonly unknown[]]
    >();
  });

  it('throws nothing without waiting where nothing has failed', async () => {
    const { group, done } = setUp();
    await done('a');
    await expect(group.maybeThrow()).resolves.toBeUndefined();
  });

  it('is revoked in one request, with the members of groups in it', async () => {
    const { group, revocations, backend } = setUp();
    const revoke = vi.spyOn(revocations, 'revoke');
    await group.revoke({ terminate: true });
    await new GroupResult('empty', [], { backend }).revoke();
    expect(revoke.mock.calls).toEqual([[['a', 'b', 'c'], { terminate: true }]]);
    await expect(new GroupResult('g', []).revoke()).rejects.toThrow(/option revocations/);
  });
});

describe('iterate', () => {
  it('gives each member as soon as it has ended', async () => {
    const { group, done, clock } = setUp();
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const [{ id }, value] of group.iterate()) seen.push([id, value]);
    })();
    await clock.settle();
    await done('c');
    await clock.settle();
    expect(seen).toEqual([['inner', ['c']]]);
    await done('b');
    await clock.settle();
    expect(seen).toHaveLength(2);
    await done('a');
    await reading;
    expect(seen).toEqual([
      ['inner', ['c']],
      ['b', 'b'],
      ['a', 'a'],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends with the first error, or gives it as a value', async () => {
    const { group, done, clock } = setUp();
    await done('b', failed);
    const seen: unknown[] = [];
    const read = async (propagate: boolean) => {
      for await (const [, value] of group.iterate({ propagate })) seen.push(value);
    };
    await expect(read(true)).rejects.toThrow('boom');
    expect(clock.pendingTimers).toBe(0);
    await done('a');
    await done('c');
    await read(false);
    expect(seen).toEqual(expect.arrayContaining(['a', expect.any(RemoteTaskError), ['c']]));
  });

  it('stops waiting when the loop is left, its time is over, or its signal says so', async () => {
    const { group, done, clock } = setUp();
    await done('a');
    for await (const [result] of group.iterate()) {
      expect(result.id).toBe('a');
      break;
    }
    await clock.settle();
    expect(clock.pendingTimers).toBe(0);
    const all = group.iterate({ timeoutMs: 1_000 });
    await all.next();
    const late = all.next().catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await late).toBeInstanceOf(TimeoutError);
    const aborted = group.iterate({ signal: AbortSignal.abort(new Error('enough')) });
    // What has ended is not waited for.
    expect((await aborted.next()).done).toBe(false);
    await expect(aborted.next()).rejects.toThrow('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  it('of no members ends at once', async () => {
    const { backend } = setUp();
    expect(await new GroupResult('empty', [], { backend }).iterate().next()).toMatchObject({ done: true });
  });
});

describe('save', () => {
  const tuple: ResultTuple = [
    ['g', [['before', null], null]],
    [
      [['a', null], null],
      [['b', null], null],
      [['inner', null], [[['c', null], null]]],
    ],
  ];

  it('keeps the ids, by which the results are found until they are deleted', async () => {
    const { group, done, backend } = setUp();
    await group.save();
    const restored = await backend.restoreGroup('g');
    expect(restored?.asTuple()).toEqual(tuple);
    expect(restored?.parent?.id).toBe('before');
    for (const id of ['a', 'b', 'c']) await done(id);
    expect(await restored?.get()).toEqual(['a', 'b', ['c']]);
    await restored?.forget();
    expect(await restored?.waiting()).toBe(true);
    await restored?.delete();
    expect(await backend.restoreGroup('g')).toBeUndefined();
  });

  it('is refused where no store keeps groups', async () => {
    const { clock, results, group, backend } = setUp();
    const keepsNone: ResultStore = Object.assign(new MemoryResultStore({ clock }), { groups: undefined });
    const without = new ResultBackend({ results: keepsNone, revocations: undefined, clock });
    await expect(new GroupResult('g', group.results, { backend: without }).save()).rejects.toThrow(NoStoreError);
    const none = new ResultBackend({ results: undefined, revocations: undefined, clock });
    await expect(none.restoreGroup('g')).rejects.toThrow('Restoring a group needs a store');
    await expect(without.restoreGroup('g')).rejects.toThrow(/present resultBackend keeps none.* option resultBackend/);
    await expect(new GroupResult('g', group.results).delete()).rejects.toThrow(/option resultBackend/);
    await results.groups.save([['t', null], null]);
    await expect(backend.restoreGroup('t')).rejects.toThrow(DecodeError);
  });
});
