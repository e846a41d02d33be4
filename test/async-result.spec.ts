import { Injectable } from '@nestjs/common';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  AsyncResult,
  DateTime,
  InvalidTaskError,
  MemoryResultStore,
  NoStoreError,
  RemoteTaskError,
  ResultIgnoredError,
  ResultsClosedError,
  Task,
  TaskContext,
  TaskProducer,
  TaskRequest,
  TaskRevokedError,
  TimeoutError,
  WouldBlockError,
  defineTask,
  signature,
  type SqsCeleryOptions,
} from 'nestjs-sqs-celery';
import { noRedis, RedisServer } from './interop/support/redis.js';
import { startApp, type RunningApp } from './nest.test-support.js';

const double = defineTask<{ args: [n: number]; result: number }>('double');
const late = defineTask<{ args: []; result: string }>('late');

class PaymentError extends Error {
  override readonly name = 'PaymentError';
}

/** Tells the handlers when they may go on. */
class Gates {
  #open = (): void => {};
  #opened: Promise<void> = Promise.resolve();

  shut(): void {
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }

  passed(): Promise<void> {
    return this.#opened;
  }
}

const gate = new Gates();

@Injectable()
class Tasks {
  constructor(private readonly producer: TaskProducer) {}

  @Task(double)
  double(n: number): number {
    return n * 2;
  }

  @Task(late)
  async late(): Promise<string> {
    await gate.passed();
    return 'at last';
  }

  @Task('typed')
  typed(): unknown {
    return DateTime.from('2026-01-01T00:00:00.000001');
  }

  @Task('failing')
  failing(): never {
    throw new PaymentError('card declined');
  }

  @Task('progress')
  async progress(@TaskContext() task: TaskRequest): Promise<string> {
    await task.updateState('PROGRESS', { done: 1, of: 2 });
    await gate.passed();
    return 'done';
  }

  @Task('family')
  async family(): Promise<string[]> {
    const [one, two] = [await this.producer.delay(double, 1), await this.producer.delay(double, 2)];
    return [one.id, two.id];
  }

  @Task('waiting')
  async waiting(disableSyncSubtasks: boolean): Promise<number> {
    const child = await this.producer.delay(double, 4);
    return child.get({ disableSyncSubtasks });
  }

  @Task('handing on')
  async handingOn(): Promise<AsyncResult<number>> {
    return this.producer.delay(double, 5);
  }
}

/** Long enough for a busy machine, too short for a test that hangs. */
const timeoutMs = 20_000;

function awaiting(where: string, options: () => SqsCeleryOptions): void {
  describe(`results in ${where}`, () => {
    let running: RunningApp;
    let tasks: TaskProducer;
    beforeAll(async () => {
      const revocations = 'memory://';
      running = await startApp({ providers: [Tasks], options: { queues: ['celery'], revocations, ...options() } });
      ({ tasks } = running);
    });
    afterAll(() => running?.[Symbol.asyncDispose]());

    it('are awaited, with their type', async () => {
      const result = await tasks.delay(double, 21);
      const value = await result.get({ timeoutMs });
      expectTypeOf(value).toEqualTypeOf<number>();
      expect(value).toBe(42);
      expect(await (await tasks.send('typed')).get({ timeoutMs })).toEqual(DateTime.from('2026-01-01T00:00:00.000001'));
      expect([await result.state(), await result.ready(), await result.successful()]).toEqual(['SUCCESS', true, true]);
      expect(await result.dateDone()).toBeInstanceOf(Date);
    });

    it('are awaited by a hundred at once', async () => {
      const results = await Promise.all(Array.from({ length: 100 }, (_, n) => tasks.delay(double, n)));
      const values = await Promise.all(results.map((result) => result.get({ timeoutMs })));
      expect(values).toEqual(results.map((_, n) => n * 2));
    });

    it('are found by the id of a task', async () => {
      const { id } = await tasks.delay(double, 1);
      const found = tasks.asyncResult(id, double);
      expectTypeOf(found).toEqualTypeOf<AsyncResult<number>>();
      expect(await found.get({ timeoutMs })).toBe(2);
      expect(found.task).toBe('double');
      expect(await tasks.asyncResult(id).result()).toBe(2);
      await found.forget();
      expect(await tasks.asyncResult(id).state()).toBe('PENDING');
      expect(() => tasks.asyncResult('')).toThrow(InvalidTaskError);
    });

    it('are errors where the task failed', async () => {
      const result = await tasks.send('failing');
      const error: unknown = await result.get({ timeoutMs }).catch((one: unknown) => one);
      expect(error).toBeInstanceOf(RemoteTaskError);
      expect(error).toMatchObject({ name: 'PaymentError', message: 'card declined' });
      expect((error as RemoteTaskError).remoteTraceback).toMatch(/PaymentError: card declined\n.*Tasks\.failing/);
      expect(await result.get({ propagate: false })).toMatchObject({ name: 'PaymentError' });
      expect([await result.failed(), await result.ready(), await result.successful()]).toEqual([true, true, false]);
    });

    it('are errors where the task was revoked', async () => {
      const result = await tasks.send('double', { args: [1], countdown: 1 });
      await result.revoke();
      await expect(result.get({ timeoutMs })).rejects.toThrow(TaskRevokedError);
      expect(await result.state()).toBe('REVOKED');
    });

    it('are not waited for longer than is said', async () => {
      gate.shut();
      const result = await tasks.send(late);
      await expect(result.get({ timeoutMs: 50 })).rejects.toThrow(TimeoutError);
      await expect(result.get({ signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/);
      const got = result.get({ timeoutMs });
      gate.open();
      expect(await got).toBe('at last');
    });

    it('are told of while the task runs', async () => {
      gate.shut();
      const result = await tasks.send('progress');
      await expect.poll(() => result.state()).toBe('PROGRESS');
      expect(await result.result()).toEqual({ done: 1, of: 2 });
      expect(await result.ready()).toBe(false);
      gate.open();
      expect(await result.get({ timeoutMs })).toBe('done');
    });

    it('know the tasks that were sent meanwhile', async () => {
      const result = await tasks.send<string[]>('family');
      const ids = await result.get({ timeoutMs });
      const children = (await result.children()) ?? [];
      expect(children.map(({ id }) => id)).toEqual(ids);
      expect(await Promise.all(children.map((child) => child.get({ timeoutMs })))).toEqual([2, 4]);
      expect(await tasks.asyncResult(children[0]?.id ?? '').parentId()).toBe(result.id);
    });

    it('are not waited for inside of a task, unless that is said', async () => {
      const refused = await tasks.send('waiting', { args: [true] });
      await expect(refused.get({ timeoutMs })).rejects.toMatchObject({ name: 'WouldBlockError' });
      const allowed = await tasks.send('waiting', { args: [false] });
      expect(await allowed.get({ timeoutMs })).toBe(8);
      expect(new WouldBlockError('a', 'b').code).toBe('SQS_CELERY_WOULD_BLOCK');
    });

    it('may be returned by a task: their tuple is stored', async () => {
      const tuple = await (await tasks.send('handing on')).get({ timeoutMs });
      expect(tuple).toEqual([[expect.stringMatching(/^[\da-f-]{36}$/), null], null]);
    });

    it('that are ignored are not waited for', async () => {
      const result = await tasks.send(double, { args: [1], ignoreResult: true });
      await expect(result.get()).rejects.toThrow(ResultIgnoredError);
      const sent = await tasks.send(signature(double, { args: [1], ignoreResult: true }));
      await expect(sent.get()).rejects.toThrow(ResultIgnoredError);
    });
  });
}

awaiting('memory', () => ({ resultBackend: 'memory://' }));

describe.skipIf(noRedis)(`with Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis?.stop());

  awaiting('Redis', () => ({ resultBackend: redis.url }));
});

/** A store that cannot tell: it is asked again and again. */
class SilentStore extends MemoryResultStore {
  override readonly subscribe = undefined as never;
}

describe('an application', () => {
  it('waits by asking where the store cannot tell', async () => {
    const resultBackend = new SilentStore();
    await using running = await startApp({ providers: [Tasks], options: { queues: ['celery'], resultBackend } });
    expect(await (await running.tasks.delay(double, 3)).get({ timeoutMs })).toBe(6);
  });

  it('without a result backend says which option it needs', async () => {
    await using running = await startApp({ options: { queues: ['celery'] } });
    const result = await running.tasks.delay(double, 3);
    await expect(result.get()).rejects.toThrow(NoStoreError);
    await expect(result.state()).rejects.toThrow(/resultBackend/);
    await expect(running.tasks.asyncResult('a').get()).rejects.toThrow(/resultBackend/);
  });

  it('that is closed ends what waits', async () => {
    const running = await startApp({ options: { queues: ['celery'], resultBackend: 'memory://' } });
    const result = await running.tasks.delay(double, 3);
    const got = result.get().catch((error: unknown) => error);
    await running[Symbol.asyncDispose]();
    expect(await got).toBeInstanceOf(ResultsClosedError);
    await expect(result.get()).rejects.toThrow(ResultsClosedError);
  });

  it.skipIf(noRedis)('that is closed ends its connections', async () => {
    const redis = await RedisServer.start();
    try {
      const running = await startApp({ options: { queues: ['celery'], resultBackend: redis.url } });
      const result = await running.tasks.delay(double, 3);
      const got = result.get().catch((error: unknown) => error);
      await expect.poll(() => connections(redis)).toBe(2);
      await running[Symbol.asyncDispose]();
      expect(await got).toBeInstanceOf(ResultsClosedError);
      await expect.poll(() => connections(redis)).toBe(0);
    } finally {
      await redis.stop();
    }
  });
});

/** Connections to a server: what would keep the process alive. */
async function connections({ url }: RedisServer): Promise<number> {
  const client = await createClient({ url }).connect();
  const all = await client.clientList();
  await client.close();
  return all.length - 1;
}
