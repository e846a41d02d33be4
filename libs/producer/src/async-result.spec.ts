import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { MemoryResultStore, MemoryRevocationStore } from '#backends';
import {
  DecodeError,
  NoStoreError,
  RemoteTaskError,
  ResultIgnoredError,
  ResultsClosedError,
  TaskRevokedError,
  TimeLimitExceeded,
  TimeoutError,
  WorkerLostError,
  WouldBlockError,
  exceptionInfoOf,
  type ExceptionInfo,
  type ResultStore,
  type TaskMeta,
} from '#celery';
import { VirtualClock } from '#sqs-local';
import { AsyncResult, ResultBackend, type ResultBackendDeps } from './index.js';

function meta(given: Partial<TaskMeta> = {}): TaskMeta {
  return { taskId: 'a', status: 'SUCCESS', result: 3, traceback: null, children: null, dateDone: null, ...given };
}

const info = (excModule: string, excType: string, ...excMessage: unknown[]): ExceptionInfo => ({
  excType,
  excMessage,
  excModule,
});
const failure = meta({
  status: 'FAILURE',
  result: info('builtins', 'ValueError', 'boom', 42),
  traceback: 'Traceback…',
});

/** What a promise rejects with. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => Promise.reject(new Error(`resolved with ${String(value)}`)),
    (error: unknown) => error,
  );
}

/** A store that is asked, and cannot tell; counts what is asked of it. */
class SilentStore implements ResultStore {
  asked = 0;
  fail: Error | undefined;
  record: TaskMeta | undefined;

  async store(): Promise<void> {}
  async get(): Promise<TaskMeta | undefined> {
    this.asked += 1;
    if (this.fail) throw this.fail;
    return this.record;
  }
  async forget(): Promise<void> {}
  async close(): Promise<void> {}
}

/** A store in memory that counts who wants to be told. */
class CountingStore extends MemoryResultStore {
  listeners = 0;
  asked = 0;

  override async get(taskId: string): Promise<TaskMeta | undefined> {
    this.asked += 1;
    return super.get(taskId);
  }

  override async subscribe(taskId: string, listener: () => void) {
    const { end } = await super.subscribe(taskId, listener);
    this.listeners += 1;
    return {
      end: (): void => {
        end();
        this.listeners -= 1;
      },
    };
  }
}

function setUp<Store extends ResultStore>(results: Store, deps: Partial<ResultBackendDeps> = {}) {
  const clock = new VirtualClock();
  const backend = new ResultBackend({ results, revocations: undefined, clock, ...deps });
  return { clock, backend, results, result: new AsyncResult<number>('a', { backend }) };
}

describe('get', () => {
  it('gives the result of a task that has ended, and asks once', async () => {
    const { result, results, clock } = setUp(new CountingStore());
    await results.store(meta());
    expect(await result.get()).toBe(3);
    expect(await result.get()).toBe(3);
    expect(await result.state()).toBe('SUCCESS');
    expect(results).toMatchObject({ asked: 1, listeners: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('is told of the result, without time passing, by whatever number waits', async () => {
    const { backend, results, clock } = setUp(new CountingStore());
    const waiting = Array.from({ length: 10 }, () => new AsyncResult('a', { backend }).get());
    await clock.settle();
    expect(results.listeners).toBe(10);
    await results.store(meta({ status: 'STARTED', result: null }));
    await clock.settle();
    await results.store(meta());
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 10 }, () => 3));
    expect(results.listeners).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('finds what is stored while it asks', async () => {
    const { result, results, clock } = setUp(new CountingStore());
    let storeMeanwhile: (() => Promise<void>) | undefined = () => results.store(meta());
    vi.spyOn(results, 'get').mockImplementationOnce(async () => {
      await storeMeanwhile?.();
      storeMeanwhile = undefined;
      return undefined;
    });
    expect(await result.get()).toBe(3);
    expect(clock.now()).toBe(new VirtualClock().now());
  });

  it('asks a store that tells every few seconds all the same', async () => {
    const { result, results, clock } = setUp(new SilentStore());
    results.record = undefined;
    Object.assign(results, { subscribe: async () => ({ end: () => {} }) });
    const got = result.get();
    await clock.settle();
    results.record = meta();
    await clock.advance(4_900);
    expect(results.asked).toBe(1);
    await clock.advance(5_200);
    expect(await got).toBe(3);
    expect(results.asked).toBe(2);
  });

  it('asks a store that cannot tell with growing pauses', async () => {
    const { result, results, clock } = setUp(new SilentStore());
    const got = result.get();
    await clock.advance(1_000);
    expect(results.asked).toBeGreaterThan(3);
    await clock.advance(600_000);
    expect(results.asked).toBeLessThan(700);
    results.record = meta();
    await clock.advance(2_000);
    expect(await got).toBe(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('throws what the task failed with', async () => {
    const { result, results } = setUp(new CountingStore());
    await results.store(failure);
    const error: unknown = await result.get().catch((one: unknown) => one);
    expect(error).toBeInstanceOf(RemoteTaskError);
    expect(error).toMatchObject({ name: 'ValueError', message: "('boom', 42)", remoteTraceback: 'Traceback…' });
    await expect(result.get()).rejects.toThrow(RemoteTaskError);
  });

  it.each([
    [new TaskRevokedError('expired'), 'REVOKED'],
    [new TimeLimitExceeded(5), 'FAILURE'],
    [new WorkerLostError('gone'), 'FAILURE'],
  ])('throws our own class where there is one: %s', async (stored, status) => {
    const { result, results } = setUp(new CountingStore());
    await results.store(meta({ status, result: exceptionInfoOf(stored), traceback: 'there' }));
    const error = await result.get({ propagate: false });
    expect(error).toBeInstanceOf(stored.constructor);
    expect(error).toMatchObject({ message: stored.message, cause: { remoteTraceback: 'there' } });
    expect(exceptionInfoOf(error)).toEqual(exceptionInfoOf(stored));
  });

  it.each(['NotRegistered', 'MaxRetriesExceededError', 'InvalidTaskError', 'SoftTimeLimitExceeded'])(
    'throws %s in the words of the other worker',
    async (name) => {
      const { result, results } = setUp(new CountingStore());
      await results.store({ ...failure, result: info('celery.exceptions', name, '7') });
      expect(await result.get({ propagate: false })).toMatchObject({ name, message: expect.stringMatching(/^7/) });
    },
  );

  it.each(['Reject', 'Ignore', 'Retry'])('throws no %s, which would steer the task that waits', async (name) => {
    const { result, results } = setUp(new CountingStore());
    await results.store({ ...failure, result: info('celery.exceptions', name, 'no') });
    await expect(result.get()).rejects.toThrow(RemoteTaskError);
  });

  it('says that a task was revoked, or has failed, where nothing else is known', async () => {
    const { result, results, backend } = setUp(new CountingStore());
    await results.store(meta({ status: 'REVOKED', result: null }));
    await expect(result.get()).rejects.toThrow(TaskRevokedError);
    await results.store(meta({ taskId: 'b', status: 'FAILURE', result: null }));
    await expect(new AsyncResult('b', { backend }).get()).rejects.toMatchObject({ name: 'Exception', message: '' });
  });

  it('gives the error as the value where it is not to be propagated', async () => {
    const { result, results } = setUp(new CountingStore());
    await results.store(failure);
    const value = await result.get({ propagate: false });
    expect(value).toBeInstanceOf(RemoteTaskError);
    expectTypeOf(value).toEqualTypeOf<number | Error>();
    expectTypeOf(() => result.get({ timeoutMs: 1 })).returns.toEqualTypeOf<Promise<number>>();
  });
});

describe('get that ends without a result', () => {
  it('after its time', async () => {
    const { result, results, clock } = setUp(new CountingStore());
    const got = result.get({ timeoutMs: 30_000 }).catch((error: unknown) => error);
    await clock.advance(29_999);
    expect(results.listeners).toBe(1);
    await clock.advance(1);
    expect(await got).toBeInstanceOf(TimeoutError);
    expect(await got).toMatchObject({ taskId: 'a', timeoutMs: 30_000, code: 'SQS_CELERY_TIMEOUT' });
    expect(results.listeners).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    expect(exceptionInfoOf(await got)).toMatchObject({ excModule: 'celery.exceptions', excType: 'TimeoutError' });
  });

  it('after its time, whatever the store is doing', async () => {
    const { result, results, clock } = setUp(new SilentStore());
    let answer = (): void => {};
    const ended = vi.fn<() => void>();
    const subscribe = () => new Promise((resolve) => (answer = () => resolve({ end: ended })));
    Object.assign(results, { subscribe });
    const got = rejection(result.get({ timeoutMs: 10 }));
    await clock.advance(10);
    expect(await got).toBeInstanceOf(TimeoutError);
    answer();
    await turn();
    expect(ended).toHaveBeenCalledOnce();
    expect(results.asked).toBe(0);
  });

  it('with the reason of its signal, and leaves no listener on it', async () => {
    const { result, results, clock } = setUp(new CountingStore());
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const got = result.get({ signal: controller.signal });
    await clock.settle();
    controller.abort(new Error('enough'));
    await expect(got).rejects.toThrow('enough');
    expect(remove).toHaveBeenCalled();
    await expect(result.get({ signal: controller.signal })).rejects.toThrow('enough');
    expect(results.listeners).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('with one signal for many, of which Node does not warn', async () => {
    const { backend, results, clock } = setUp(new CountingStore());
    const controller = new AbortController();
    const { signal } = controller;
    const warned = vi.fn<(warning: Error) => void>();
    process.on('warning', warned);
    const all = Array.from({ length: 20 }, () => rejection(new AsyncResult('a', { backend }).get({ signal })));
    await clock.settle();
    controller.abort();
    expect(await Promise.all(all)).toEqual(Array.from({ length: 20 }, () => signal.reason));
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
    expect(results.listeners).toBe(0);
  });

  it('when the application is closed, and at once afterwards', async () => {
    const { result, backend, results, clock } = setUp(new CountingStore());
    const got = rejection(result.get());
    await clock.settle();
    backend.close();
    expect(await got).toBeInstanceOf(ResultsClosedError);
    await expect(result.get()).rejects.toThrow(/closed before task a had a result/);
    await clock.settle();
    expect(results.listeners).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('inside of a task, unless that is wanted', async () => {
    const { result, results } = setUp(new CountingStore(), { currentTask: () => ({ id: 'running' }) });
    await results.store(meta());
    await expect(result.get()).rejects.toThrow(WouldBlockError);
    await expect(result.get()).rejects.toThrow(/Never call result.get\(\) within a task: running .* a,/);
    expect(await result.get({ disableSyncSubtasks: false })).toBe(3);
  });

  it('without a result backend, naming the option', async () => {
    const backend = new ResultBackend({ results: undefined, revocations: undefined, clock: new VirtualClock() });
    for (const result of [new AsyncResult('a', { backend }), new AsyncResult('a')]) {
      for (const ask of [() => result.get(), () => result.state(), () => result.forget()]) {
        await expect(ask()).rejects.toThrow(NoStoreError);
        await expect(ask()).rejects.toThrow(/option resultBackend/);
      }
      await expect(result.revoke()).rejects.toThrow(/option revocations/);
    }
  });

  it('where the result is ignored', async () => {
    const { backend } = setUp(new CountingStore());
    await expect(new AsyncResult('a', { backend, ignored: true }).get()).rejects.toThrow(ResultIgnoredError);
  });

  it.each([-1, Number.NaN, 2 ** 31])('for a time that is none: %d', async (timeoutMs) => {
    await expect(setUp(new CountingStore()).result.get({ timeoutMs })).rejects.toThrow(TypeError);
  });
});

describe('get from a store that fails', () => {
  it('asks where it cannot be told, and is told as soon as that can be', async () => {
    const { result, results, clock } = setUp(new SilentStore());
    let tells = false;
    const ends: (() => void)[] = [];
    const subscribe = async (_id: string, ring: () => void) => {
      if (!tells) throw new Error('not allowed');
      ends.push(ring);
      return { end: () => void ends.pop() };
    };
    Object.assign(results, { subscribe });
    const got = result.get();
    await clock.advance(60_000);
    const asked = results.asked;
    expect(asked).toBeGreaterThan(20);
    tells = true;
    await clock.advance(60_000);
    expect(results.asked - asked).toBeLessThan(15);
    results.record = meta();
    ends[0]?.();
    expect(await got).toBe(3);
    expect(ends).toEqual([]);
  });

  const down = Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' });

  it('waits for its return', async () => {
    const { result, results, clock } = setUp(new SilentStore());
    const got = result.get();
    results.fail = down;
    await clock.advance(20_000);
    results.fail = undefined;
    await clock.advance(5_000);
    results.fail = down;
    await clock.advance(20_000);
    results.fail = undefined;
    results.record = meta();
    await clock.advance(5_000);
    expect(await got).toBe(3);
  });

  it('tells after half a minute why', async () => {
    const { result, results, clock } = setUp(new SilentStore());
    results.fail = down;
    const got = rejection(result.get());
    await clock.advance(40_000);
    expect(String(await got)).toContain('no connection');
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells at once what does not pass', async () => {
    const { result, results } = setUp(new SilentStore());
    results.fail = new DecodeError('not JSON');
    await expect(result.get()).rejects.toThrow(DecodeError);
  });
});

describe('what is asked without waiting', () => {
  it('is nothing of a task that nobody knows', async () => {
    const { result } = setUp(new CountingStore());
    expect([await result.state(), await result.ready(), await result.successful(), await result.failed()]).toEqual([
      'PENDING',
      false,
      false,
      false,
    ]);
    expect([await result.result(), await result.traceback(), await result.dateDone()]).toEqual([null, null, null]);
    expect([await result.children(), await result.parentId(), await result.exists()]).toEqual([null, null, false]);
  });

  it('is asked anew until the task has ended', async () => {
    const { result, results } = setUp(new CountingStore());
    await results.store(meta({ status: 'PROGRESS', result: { done: 1 } }));
    expect([await result.state(), await result.result(), await result.ready()]).toEqual([
      'PROGRESS',
      { done: 1 },
      false,
    ]);
    await results.store(meta({ dateDone: '2026-11-22T06:05:13.251323+00:00', parentId: 'p' }));
    expect([await result.state(), await result.result(), await result.successful()]).toEqual(['SUCCESS', 3, true]);
    expect(await result.dateDone()).toEqual(new Date('2026-11-22T06:05:13.251Z'));
    expect([await result.parentId(), await result.exists()]).toEqual(['p', true]);
    expect(results.asked).toBe(4);
  });

  it('is the error of a task that failed or is tried again', async () => {
    const { result, results } = setUp(new CountingStore());
    await results.store({ ...failure, status: 'RETRY' });
    expect([await result.ready(), String(await result.result())]).toEqual([false, "ValueError: ('boom', 42)"]);
    await results.store({ ...failure, dateDone: '2026-11-22T06:05:13' });
    expect([await result.failed(), await result.successful()]).toEqual([true, false]);
    expect(await result.result()).toBeInstanceOf(RemoteTaskError);
    expect(await result.traceback()).toBe('Traceback…');
    expect(await result.dateDone()).toEqual(new Date('2026-11-22T06:05:13Z'));
  });

  it('has children, groups with their members too, which can be asked as well', async () => {
    const { result, results } = setUp(new CountingStore());
    const group = [
      ['g', null],
      [
        [['c', null], null],
        [['d', null], null],
      ],
    ] as const;
    await results.store(meta({ children: [[['b', null], null], group] }));
    await results.store(meta({ taskId: 'b', result: 'of b' }));
    const children = (await result.children()) ?? [];
    expect(children.map(({ id }) => id)).toEqual(['b', 'g']);
    expect(await children[0]?.get()).toBe('of b');
    expect((await children[1]?.children())?.map(({ id }) => id)).toEqual(['c', 'd']);
  });

  it('is forgotten on demand', async () => {
    const { result, results } = setUp(new CountingStore());
    await results.store(meta());
    expect(await result.ready()).toBe(true);
    await result.forget();
    expect(await result.state()).toBe('PENDING');
  });

  it('is a tuple within another result', () => {
    expect(JSON.stringify(setUp(new CountingStore()).result)).toBe('[["a",null],null]');
  });
});

it('revokes a task', async () => {
  const revocations = new MemoryRevocationStore();
  const { result } = setUp(new CountingStore(), { revocations });
  await result.revoke();
  expect((await revocations.revoked(['a'])).get('a')).toEqual({ terminate: false });
  await result.revoke({ terminate: true });
  expect((await revocations.revoked(['a'])).get('a')).toEqual({ terminate: true });
});
