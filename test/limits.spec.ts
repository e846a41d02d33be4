import { Injectable } from '@nestjs/common';
import { Task, TaskContext, WorkerControl, type SqsCeleryOptions, type TaskRequest } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { describe, expect, it } from 'vitest';
import { startApp } from './nest.test-support.js';
import { startVirtualApp, startVirtualSqs, type VirtualApp, type VirtualSqs } from './support/virtual-app.js';

interface Run {
  readonly task: string;
  readonly arg: unknown;
  /** Seconds since the start. */
  readonly at: number;
  readonly retries: number;
}

class Flaky extends Error {}

/** What ran, on one clock. */
class Runs {
  readonly all: Run[] = [];
  readonly most: Record<string, number> = {};
  readonly exhausted: unknown[] = [];
  readonly #running: Record<string, number> = {};
  readonly #begun: number;
  /** Milliseconds that a run takes. */
  lastsMs: (arg: unknown) => number = () => 0;

  constructor(private readonly clock: VirtualSqs['clock']) {
    this.#begun = clock.now();
  }

  get seconds(): number {
    return (this.clock.now() - this.#begun) / 1000;
  }

  async of(arg: unknown, { task, retries }: TaskRequest): Promise<void> {
    this.all.push({ task, arg, at: this.seconds, retries });
    this.#running[task] = (this.#running[task] ?? 0) + 1;
    this.most[task] = Math.max(this.most[task] ?? 0, this.#running[task]);
    const lastsMs = this.lastsMs(arg);
    if (lastsMs > 0) await new Promise<void>((resolve) => this.clock.setTimeout(resolve, lastsMs));
    this.#running[task] -= 1;
  }

  args(task: string): unknown[] {
    return this.all.filter((run) => run.task === task).map(({ arg }) => arg);
  }

  last(task: string): number {
    return Math.max(...this.all.filter((run) => run.task === task).map(({ at }) => at));
  }
}

function tasksOf(runs: Runs) {
  @Injectable()
  class Tasks {
    @Task('free')
    free(arg: unknown, @TaskContext() task: TaskRequest): Promise<void> {
      return runs.of(arg, task);
    }

    @Task('single', { concurrency: 1 })
    single(arg: unknown, @TaskContext() task: TaskRequest): Promise<void> {
      return runs.of(arg, task);
    }

    @Task('capped', { concurrency: 2 })
    capped(arg: unknown, @TaskContext() task: TaskRequest): Promise<void> {
      return runs.of(arg, task);
    }

    @Task('rated', { rateLimit: '10/m' })
    rated(arg: unknown, @TaskContext() task: TaskRequest): Promise<void> {
      return runs.of(arg, task);
    }

    @Task('slow', { rateLimit: '1/m' })
    slow(arg: unknown, @TaskContext() task: TaskRequest): Promise<void> {
      return runs.of(arg, task);
    }

    @Task('flaky', {
      retryVia: 'visibility',
      rateLimit: '1/s',
      autoretryFor: (error) => error instanceof Flaky,
      maxRetries: 1,
      defaultRetryDelay: 10,
      onExhausted: (_error, task) => void runs.exhausted.push(task.args[0]),
    })
    async flaky(arg: unknown, @TaskContext() task: TaskRequest): Promise<void> {
      await runs.of(arg, task);
      throw new Flaky();
    }
  }
  return Tasks;
}

interface Fleet extends AsyncDisposable {
  readonly endpoint: VirtualSqs;
  readonly runs: Runs;
  worker(options?: SqsCeleryOptions): Promise<VirtualApp>;
  /** Sends so many tasks, with their number as the argument. */
  send(task: string, count: number, options?: (index: number) => object): Promise<void>;
  /** What the dead-letter queues hold. */
  readonly dead: number;
}

/** A queue, its dead-letter queue, a producer, and workers as they are asked for. */
async function fleet(queue: string, attributes: Record<string, string> = {}, maxReceiveCount?: number): Promise<Fleet> {
  const endpoint = await startVirtualSqs();
  const { sqs, clock } = endpoint;
  const dead = queue.endsWith('.fifo') ? 'dead.fifo' : 'dead';
  sqs.createQueue(dead);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: sqs.queue(dead).arn, maxReceiveCount });
  sqs.createQueue(queue, {
    attributes: { VisibilityTimeout: '60', ...attributes, ...(maxReceiveCount && { RedrivePolicy }) },
  });
  const runs = new Runs(clock);
  const producer = await startVirtualApp({ on: endpoint, options: { queues: [queue], worker: false } });
  return {
    endpoint,
    runs,
    worker: (options) =>
      startVirtualApp({
        on: endpoint,
        providers: [tasksOf(runs)],
        options: { queues: [queue], poison: 'block', waitTimeSeconds: 1, ...options },
      }),
    async send(task, count, options = () => ({})) {
      const sent = Promise.all(
        Array.from({ length: count }, (_, index) => producer.tasks.send(task, { args: [index], ...options(index) })),
      );
      await clock.advance(200);
      await sent;
    },
    get dead() {
      return sqs.queue(dead).messages.length;
    },
    async [Symbol.asyncDispose]() {
      await producer[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const sorted = (args: unknown[]): unknown[] => args.toSorted((a, b) => Number(a) - Number(b));
const requests = ({ endpoint }: Fleet): number =>
  Object.values(endpoint.sqs.requestCounts()).reduce((sum, count) => sum + count, 0);

describe("a task's cap on concurrency", () => {
  it('lets other tasks flow, is used up, and costs few requests', async () => {
    await using tests = await fleet('celery', {}, 3);
    const { runs, endpoint } = tests;
    runs.lastsMs = () => 1000;
    await tests.send('capped', 60);
    await tests.send('free', 200);
    await using _worker = await tests.worker({ waitTimeSeconds: 20 });
    endpoint.sqs.resetRequestCounts();
    await endpoint.clock.advance(120_000);
    expect(sorted(runs.args('capped'))).toEqual(numbers(60));
    expect(sorted(runs.args('free'))).toEqual(numbers(200));
    expect(runs.most['capped']).toBe(2);
    // 200 s of work for at least 8 slots, and 60 s for 2.
    expect(runs.last('free')).toBeLessThan(40);
    expect(runs.last('capped')).toBeLessThan(60);
    expect(tests.dead).toBe(0);
    expect(requests(tests)).toBeLessThan(3 * 260);
  });

  it('is not left unused for long after one run that took long', async () => {
    await using tests = await fleet('celery');
    const { runs, endpoint } = tests;
    runs.lastsMs = (arg) => (arg === 5 ? 60_000 : 1000);
    await tests.send('single', 60);
    await using _worker = await tests.worker();
    await endpoint.clock.advance(400_000);
    expect(sorted(runs.args('single'))).toEqual(numbers(60));
    expect(runs.most['single']).toBe(1);
  });

  it('holds with an ETA, and lets expire what does not come to run in time', async () => {
    await using tests = await fleet('celery', {}, 3);
    const { runs, endpoint } = tests;
    runs.lastsMs = () => 10_000;
    await using worker = await tests.worker();
    await tests.send('single', 40, () => ({ countdown: 1200, expires: 1400 }));
    await endpoint.clock.advance(1500_000);
    expect(runs.all[0]?.at).toBeGreaterThanOrEqual(1200);
    expect(runs.all.length).toBeGreaterThanOrEqual(18);
    expect(runs.all.length).toBeLessThanOrEqual(21);
    expect(worker.log.of({ level: 'log' }).filter((line) => line.startsWith('Discarding'))).toHaveLength(
      40 - runs.all.length,
    );
    expect(endpoint.sqs.queue('celery').messages).toEqual([]);
    expect(tests.dead).toBe(0);
  });
});

describe('the admission hook', () => {
  it('delays no task because another was told to wait longer', async () => {
    await using tests = await fleet('celery');
    const { runs, endpoint } = tests;
    const opensAt = [3600, 30];
    await using _worker = await tests.worker({ admission: ({ args }) => opensAt[Number(args[0])]! - runs.seconds });
    await tests.send('free', 1);
    await tests.send('free', 2, () => ({ args: [1] }));
    await endpoint.clock.advance(60_000);
    expect(runs.args('free')).toEqual([1, 1]);
    await endpoint.clock.advance(3600_000);
    expect(runs.args('free')).toEqual([1, 1, 0]);
  });

  it('is not asked in a rush, nor SQS, while a breaker is open', async () => {
    await using tests = await fleet('celery', {}, 3);
    const { runs, endpoint } = tests;
    await tests.send('free', 300);
    await using _worker = await tests.worker({ admission: () => runs.seconds >= 180, waitTimeSeconds: 20 });
    endpoint.sqs.resetRequestCounts();
    await endpoint.clock.advance(175_000);
    expect(runs.all).toEqual([]);
    expect(requests(tests) / 175).toBeLessThan(8);
    await endpoint.clock.advance(60_000);
    expect(sorted(runs.args('free'))).toEqual(numbers(300));
    expect(tests.dead).toBe(0);
  });

  it('may want a wait of any length on a FIFO queue, where other groups go on', async () => {
    await using tests = await fleet('celery.fifo');
    const { runs, endpoint } = tests;
    let asked = 0;
    const admission = ({ args }: TaskRequest): boolean | number => args[0] !== 0 || ((asked += 1), Infinity);
    await using _worker = await tests.worker({ admission });
    await tests.send('free', 20, (index) => ({ groupId: `g${index % 10}` }));
    await endpoint.clock.advance(60_000);
    expect(sorted(runs.args('free'))).toEqual(numbers(20).filter((arg) => arg % 10 !== 0));
    expect(asked).toBe(1);
  });
});

describe('a rate limit', () => {
  it('lets expire in time what waits for it', async () => {
    await using tests = await fleet('celery');
    await using worker = await tests.worker();
    await tests.send('slow', 30, () => ({ expires: 90 }));
    await tests.endpoint.clock.advance(92_000);
    expect(tests.runs.args('slow')).toHaveLength(2);
    expect(worker.log.of({ level: 'log' }).filter((line) => line.startsWith('Discarding'))).toHaveLength(28);
    expect(tests.endpoint.sqs.queue('celery').messages).toEqual([]);
  });

  it('loses nothing to a retention that is shorter than the wait', async () => {
    await using tests = await fleet('celery', { MessageRetentionPeriod: '120' });
    await using _worker = await tests.worker();
    await tests.send('slow', 8);
    await tests.endpoint.clock.advance(700_000);
    expect(sorted(tests.runs.args('slow'))).toEqual(numbers(8));
  });

  it('stops no other group of a FIFO queue', async () => {
    await using tests = await fleet('celery.fifo', {}, 3);
    const { runs, endpoint } = tests;
    await tests.send('slow', 30, (index) => ({ groupId: `slow${index}` }));
    await tests.send('free', 30, (index) => ({ groupId: `free${index}` }));
    await using _worker = await tests.worker();
    await endpoint.clock.advance(5000);
    expect(sorted(runs.args('free'))).toEqual(numbers(30));
    await endpoint.clock.advance(1800_000);
    expect(sorted(runs.args('slow'))).toEqual(numbers(30));
    expect(tests.dead).toBe(0);
  });

  it('leaves retries in place their number, and tells once that they are used up', async () => {
    await using tests = await fleet('celery', {}, 3);
    const { runs, endpoint } = tests;
    await using _worker = await tests.worker();
    await tests.send('flaky', 20);
    await endpoint.clock.advance(300_000);
    for (const arg of numbers(20)) {
      expect(runs.all.filter((run) => run.arg === arg).map(({ retries }) => retries)).toEqual([0, 1]);
    }
    expect(sorted(runs.exhausted)).toEqual(numbers(20));
    expect(tests.dead).toBe(0);
    expect(endpoint.sqs.queue('celery').messages).toEqual([]);
  });
});

describe('what waits for its turn is not dead-lettered', () => {
  it.each(['celery', 'celery.fifo'])('by pauses of %s', async (queue) => {
    await using tests = await fleet(queue, {}, 3);
    const { runs, endpoint } = tests;
    runs.lastsMs = (arg) => (arg === 0 ? 600_000 : 0);
    await using worker = await tests.worker();
    const control = worker.app.get(WorkerControl);
    await tests.send('single', 8, (index) => (queue === 'celery' ? {} : { groupId: `g${index}` }));
    for (let pause = 0; pause < 6; pause += 1) {
      const paused = control.pause();
      await endpoint.clock.advance(5000);
      await paused;
      expect(control.queues()[0]).toMatchObject({ mode: 'paused', running: 1 });
      control.resume();
      await endpoint.clock.advance(70_000);
    }
    expect(runs.all).toHaveLength(1);
    await endpoint.clock.advance(1200_000);
    expect(sorted(runs.args('single'))).toEqual(numbers(8));
    expect(tests.dead).toBe(0);
  });

  it('starts nothing while it is held through a pause', async () => {
    await using tests = await fleet('celery.fifo', {}, 3);
    const { runs, endpoint } = tests;
    runs.lastsMs = (arg) => (arg === 0 ? 200_000 : 0);
    await using worker = await tests.worker();
    const control = worker.app.get(WorkerControl);
    await tests.send('single', 3, (index) => ({ groupId: `g${index}` }));
    for (const lastsMs of [70_000, 200_000]) {
      const paused = control.pause();
      await endpoint.clock.advance(lastsMs);
      await paused;
      expect(runs.all).toHaveLength(1);
      control.resume();
      await endpoint.clock.advance(5000);
    }
    expect(sorted(runs.args('single'))).toEqual([0, 1, 2]);
    expect(tests.dead).toBe(0);
  });

  it('by workers that come and go', async () => {
    await using tests = await fleet('celery', {}, 3);
    const { runs, endpoint } = tests;
    await tests.send('rated', 20);
    for (let restart = 0; restart < 5; restart += 1) {
      await using _worker = await tests.worker();
      await endpoint.clock.advance(7000);
    }
    await using _worker = await tests.worker();
    await endpoint.clock.advance(600_000);
    expect(sorted(runs.args('rated'))).toEqual(numbers(20));
    expect(tests.dead).toBe(0);
  });
});

it('is not dead-lettered either, what workers that come and go had fetched ahead', async () => {
  await using tests = await fleet('celery', {}, 3);
  const { runs, endpoint } = tests;
  runs.lastsMs = () => 4000;
  await tests.send('free', 12);
  for (let restart = 0; restart < 5; restart += 1) {
    await using _worker = await tests.worker({ concurrency: 1, prefetch: 8 });
    await endpoint.clock.advance(1000);
  }
  await using _worker = await tests.worker();
  await endpoint.clock.advance(100_000);
  expect(sorted(runs.args('free'))).toEqual(numbers(12));
  expect(tests.dead).toBe(0);
});

describe('workerConcurrency', () => {
  it.each([
    { queuePriority: 'weighted', shares: { a: [0.5, 0.7], b: [0.22, 0.38], c: [0.05, 0.15] } },
    { queuePriority: 'strict', shares: { a: [0.8, 0.95], b: [0.03, 0.12], c: [0.03, 0.12] } },
  ] as const)('is shared: $queuePriority', async ({ queuePriority, shares }) => {
    const endpoint = await startVirtualSqs();
    const runs = new Runs(endpoint.clock);
    // Not in step: slots become free one by one.
    runs.lastsMs = () => 700 + ((runs.all.length * 7919) % 600);
    const queues = [{ name: 'a', weight: 6 }, { name: 'b', weight: 3 }, { name: 'c' }];
    for (const { name } of queues) endpoint.sqs.createQueue(name);
    const options = { queues, workerConcurrency: 5, queuePriority };
    await using worker = await startVirtualApp({ on: endpoint, providers: [tasksOf(runs)], options });
    const sent = queues.flatMap(({ name: queue }) =>
      numbers(150).map(() => worker.tasks.send('free', { args: [queue], queue })),
    );
    await endpoint.clock.advance(25_000);
    await Promise.all(sent);
    expect(runs.most['free']).toBe(5);
    expect(runs.all.length).toBeGreaterThan(100);
    for (const [queue, [least, most]] of Object.entries(shares)) {
      const share = runs.args('free').filter((arg) => arg === queue).length / runs.all.length;
      expect([queue, share > least, share < most, share]).toEqual([queue, true, true, share]);
    }
    const closed = worker[Symbol.asyncDispose]();
    await closed;
    await endpoint[Symbol.asyncDispose]();
  });
});

describe('options of limits', () => {
  it('know the visibility timeout that a predefined queue is said to have', async () => {
    await using endpoint = await startVirtualSqs();
    const url = endpoint.sqs.createQueue('python');
    const queues = [{ name: 'python', url, visibilityTimeout: 600, longEta: 'refuse' as const }];
    await using producer = await startVirtualApp({ on: endpoint, options: { queues, worker: false } });
    const refused = producer.tasks.send('x', { countdown: 1510 }).catch((error: unknown) => error);
    const sent = producer.tasks.send('x', { countdown: 1490 });
    await endpoint.clock.advance(1000);
    expect(await refused).toMatchObject({ code: 'SQS_CELERY_INVALID_TASK' });
    await sent;
  });

  it.each<[object, RegExp]>([
    [{ backoffPolicy: { typo: { 1: 5 } } }, /backoffPolicy names the queue 'typo'/],
    [{ queuePriority: 'strict' }, /queuePriority needs workerConcurrency/],
    [{ queues: [{ name: 'celery', weight: 3 }] }, /queues\[0\]\.weight needs workerConcurrency/],
    [{ priorityQueues: { celery: { 3: 'typo' } } }, /priorityQueues\.celery\.3 names the queue 'typo'/],
    [{ priorityQueues: { celery: 'high' } }, /priorityQueues\.celery must be an object/],
    [{ taskDefaultQueue: 'typo' }, /taskDefaultQueue names the queue 'typo'/],
    [{ queues: [{ name: 'a.fifo', groupConcurrency: 2 }] }, /queues\[0\]\.groupConcurrency is for standard queues/],
  ])('%#: are refused where they would say nothing: %j', async (options, problem) => {
    await using sqs = await LocalSqs.start();
    await expect(startApp({ sqs, options })).rejects.toThrow(problem);
  });
});
