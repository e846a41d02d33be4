import { Injectable } from '@nestjs/common';
import {
  MemoryIdempotencyStore,
  Retry,
  Task,
  TaskContext,
  TaskRequest,
  WorkerControl,
  signature,
  type IdempotencyStore,
} from 'nestjs-sqs-celery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningApp } from './nest.test-support.js';
import { startVirtualApp, startVirtualSqs, type VirtualApp, type VirtualSqs } from './support/virtual-app.js';

/** How often each attempt had its effect, by task, id and retries. */
const effects = new Map<string, number>();

function effect({ task, id, retries }: TaskRequest): void {
  const key = `${task} ${id} ${retries}`;
  effects.set(key, (effects.get(key) ?? 0) + 1);
}

/** A store whose worker dies at the last step of an attempt, once for each: before the step is recorded, or after. */
class DyingWorkers {
  readonly #died = new Set<string>();

  constructor(
    private readonly store: IdempotencyStore,
    private readonly dies: (key: string) => 'before' | 'after' | undefined,
  ) {}

  claim: IdempotencyStore['claim'] = (claim) => this.store.claim(claim);
  extend: IdempotencyStore['extend'] = (...args) => this.store.extend(...args);
  decide: IdempotencyStore['decide'] = (...args) => this.store.decide(...args);
  release: IdempotencyStore['release'] = (...args) => this.store.release(...args);
  close: IdempotencyStore['close'] = () => this.store.close();

  settle: IdempotencyStore['settle'] = async (key, owner, decision) => {
    const when = this.#died.has(key) ? undefined : this.dies(key);
    this.#died.add(key);
    if (when === 'before') throw new Error('died before it was recorded');
    const settled = await this.store.settle(key, owner, decision);
    if (when === 'after') throw new Error('died after it was recorded');
    return settled;
  };
}

@Injectable()
class Effects {
  /** Runs for as long as three leases. */
  @Task('slow')
  async slow(@TaskContext() task: TaskRequest): Promise<void> {
    effect(task);
    await new Promise<void>((resolve) => endpoint.clock.setTimeout(resolve, 90_000));
  }

  @Task('sends')
  sends(@TaskContext() task: TaskRequest): string {
    effect(task);
    return task.id;
  }

  @Task('follows')
  follows(_id: string, @TaskContext() task: TaskRequest): void {
    effect(task);
  }

  @Task('retried')
  retried(@TaskContext() task: TaskRequest): void {
    effect(task);
    if (task.retries === 0) throw new Retry({ countdown: 5 });
  }

  @Task('retried-in-place', { retryVia: 'visibility', maxRetries: 2 })
  retriedInPlace(@TaskContext() task: TaskRequest): void {
    effect(task);
    throw new Retry({ countdown: 5 });
  }
}

let endpoint: VirtualSqs;
let app: VirtualApp;

async function start(
  dies: (key: string) => 'before' | 'after' | undefined = () => undefined,
): Promise<RunningApp['tasks']> {
  const { sqs, clock } = (endpoint = await startVirtualSqs());
  sqs.createQueue('celery');
  const idempotency = new DyingWorkers(new MemoryIdempotencyStore({ clock }), dies);
  app = await startVirtualApp({ providers: [Effects], options: { concurrency: 100, idempotency }, on: endpoint });
  return app.tasks;
}

beforeEach(() => effects.clear());

afterEach(async () => {
  await app[Symbol.asyncDispose]();
  await endpoint[Symbol.asyncDispose]();
});

/** Lets time pass until the queue is empty. */
async function drain(): Promise<void> {
  const { sqs, clock } = endpoint;
  for (let minute = 0; minute < 240 && sqs.queue('celery').messages.length > 0; minute += 1)
    await clock.advance(60_000);
  expect(sqs.queue('celery').messages).toEqual([]);
}

describe('with an idempotency store', () => {
  it('1 000 forced duplicates have one effect each', { timeout: 120_000 }, async () => {
    const dies = (key: string) => (key.startsWith('sends:') ? (key.includes('even') ? 'before' : 'after') : undefined);
    const tasks = await start(dies);
    const worker = app.app.get(WorkerControl);
    await worker.pause();
    const sends: Promise<unknown>[] = [];
    for (let number = 0; number < 1_000; number += 1) {
      const taskId = `${number % 2 === 0 ? 'even' : 'odd'}-${number}`;
      const [task, options] = (
        [
          ['slow', {}],
          ['sends', { link: signature('follows') }],
          ['retried', {}],
        ] as const
      )[number % 3]!;
      for (let copy = 0; copy < 2; copy += 1) sends.push(tasks.send(task, { taskId, ...options }));
    }
    await Promise.all(sends);
    expect(endpoint.sqs.queue('celery').messages).toHaveLength(2_000);
    worker.resume();
    await drain();
    const wrong = [...effects].filter(([, times]) => times !== 1);
    expect(wrong).toEqual([]);
    const numbers = { slow: 0, sends: 0, follows: 0, retried: 0 };
    for (const key of effects.keys()) numbers[key.split(' ')[0] as keyof typeof numbers] += 1;
    expect(numbers).toEqual({ slow: 334, sends: 333, follows: 333, retried: 666 });
  });

  it('counts the attempts of a retry in place, whatever else was received', async () => {
    const tasks = await start();
    await tasks.send('retried-in-place', { taskId: 'a' });
    await drain();
    expect([...effects]).toEqual([
      ['retried-in-place a 0', 1],
      ['retried-in-place a 1', 1],
      ['retried-in-place a 2', 1],
    ]);
  });
});
