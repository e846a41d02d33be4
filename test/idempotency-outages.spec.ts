import { Inject, Injectable } from '@nestjs/common';
import {
  MemoryResultStore,
  Reject,
  Task,
  TaskContext,
  TaskRequest,
  WorkerControl,
  signature,
  type ResultStore,
  type SqsCeleryOptions,
} from 'nestjs-sqs-celery';
import { LocalSqs, type VirtualClock } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultyStore, downUntil } from './support/faulty-store.js';
import { startVirtualApp, startVirtualSqs, type VirtualApp, type VirtualSqs } from './support/virtual-app.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What happened, in order. */
const events: string[] = [];
const CLOCK_OF_TEST = Symbol('CLOCK_OF_TEST');

@Injectable()
class Tasks {
  constructor(@Inject(CLOCK_OF_TEST) private readonly clock: VirtualClock) {}

  @Task('works')
  works(@TaskContext() task: TaskRequest): string {
    events.push(`ran ${task.id}`);
    return `done ${events.length}`;
  }

  @Task('works-early', { acksLate: false })
  worksEarly(@TaskContext() task: TaskRequest): string {
    return this.works(task);
  }

  @Task('once', { rejectOnWorkerLost: false, trackStarted: true })
  once(@TaskContext() task: TaskRequest): string {
    return this.works(task);
  }

  @Task('fails')
  fails(@TaskContext() task: TaskRequest): void {
    events.push(`ran ${task.id}`);
    throw new RangeError('too large');
  }

  /** An error whose argument has no JSON form. */
  @Task('throws')
  throws(@TaskContext() task: TaskRequest): void {
    events.push(`ran ${task.id}`);
    throw { callback: () => undefined };
  }

  @Task('follows')
  follows(id: string): void {
    events.push(`follows ${id}`);
  }

  /** Takes two minutes, and heeds its signal. */
  @Task('slow')
  async slow(@TaskContext() { id, signal }: TaskRequest): Promise<string> {
    events.push(`began ${id}`);
    await new Promise<void>((resolve, reject) => {
      this.clock.setTimeout(resolve, 2 * MINUTE);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    events.push(`ended ${id}`);
    return 'done';
  }

  @Task('requeued')
  requeued(@TaskContext() task: TaskRequest): void {
    events.push(`retries ${task.retries}`);
    if (task.receiveCount < 4) throw new Reject({ requeue: true });
  }
}

let endpoint: VirtualSqs;
let sqs: LocalSqs;
let clock: VirtualClock;
let running: VirtualApp;
let store: FaultyStore;
let results: MemoryResultStore;

beforeEach(async () => {
  events.length = 0;
  endpoint = await startVirtualSqs();
  ({ sqs, clock } = endpoint);
  store = new FaultyStore(clock);
  results = new MemoryResultStore({ clock });
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await endpoint[Symbol.asyncDispose]();
});

async function start(options: SqsCeleryOptions = {}): Promise<void> {
  running = await startVirtualApp({
    on: endpoint,
    providers: [{ provide: CLOCK_OF_TEST, useValue: clock }, Tasks],
    options: { queues: ['celery'], idempotency: store, resultBackend: results, ...options },
  });
}

/** Sends copies of one message, which are received together. */
async function sendCopies(task: string, copies: number, options: object = {}): Promise<void> {
  const worker = running.app.get(WorkerControl);
  await worker.pause();
  for (let copy = 0; copy < copies; copy += 1) await running.tasks.send(task, { taskId: 'a', ...options });
  worker.resume();
}

async function drained(queue = 'celery'): Promise<void> {
  await clock.advanceUntil(() => sqs.queue(queue).messages.length === 0, HOUR);
}

describe('a copy of a message', () => {
  it('has the result stored again, and nothing sent again', async () => {
    await start();
    const after = { link: signature('follows') };
    await running.tasks.send('works', { taskId: 'a', ...after });
    await drained();
    const first = await results.get('a');
    await results.forget('a');
    await running.tasks.send('works', { taskId: 'a', ...after });
    await drained();
    expect(events).toEqual(['ran a', 'follows done 1']);
    expect(await results.get('a')).toMatchObject({ status: 'SUCCESS', result: first?.result });
    expect(running.log.text()).toContain('Task works[a] ran before: this copy of its message is dropped');
  });

  it('of a task that failed fails the same way, without a second errback', async () => {
    await start();
    const after = { linkError: signature('follows') };
    await running.tasks.send('fails', { taskId: 'a', ...after });
    await drained();
    const first = await results.get('a');
    await results.forget('a');
    await running.tasks.send('fails', { taskId: 'a', ...after });
    await drained();
    expect(events).toEqual(['ran a', 'follows a']);
    const { dateDone: _then, ...failure } = first!;
    expect(await results.get('a')).toMatchObject(failure);
  });

  it('of a task that threw something without a JSON form is dropped as well', async () => {
    await start();
    await sendCopies('throws', 2, { linkError: signature('follows') });
    await drained();
    expect(events).toEqual(['ran a', 'follows a']);
    expect(await results.get('a')).toMatchObject({ status: 'FAILURE', result: { excType: 'Exception' } });
  });

  it.for(['works', 'works-early'])('is dropped where the first one runs: %s', async (task) => {
    await start();
    await sendCopies(task, 5);
    await drained();
    expect(events).toEqual(['ran a']);
  });

  it.for([
    ['of the same group', ['g', 'g']],
    ['of another group', ['g', 'h']],
  ] as const)('on a FIFO queue, %s, waits for the first', async ([, groups]) => {
    sqs.createQueue('celery.fifo');
    await start({ queues: ['celery.fifo'], poison: 'block' });
    for (const [copy, groupId] of groups.entries()) {
      await running.tasks.send('slow', { taskId: 'a', groupId, deduplicationId: String(copy) });
    }
    await running.tasks.send('works', { taskId: 'b', groupId: 'h' });
    await drained('celery.fifo');
    expect(events.filter((event) => event.endsWith(' a'))).toEqual(['began a', 'ended a']);
    expect(events).toContain('ran b');
  });
});

describe('a worker that dies', () => {
  it.for([
    ['before it has recorded the outcome: runs again', 'decide', 'before', 2],
    ['before it has sent what follows: that is sent', 'decide', 'after', 1],
    ['after that: nothing is sent twice', 'settle', 'before', 1],
    ['after it has recorded that', 'settle', 'after', 1],
  ] as const)('%s', async ([, call, fault, runs]) => {
    await start();
    store.dieAt(call, fault);
    await running.tasks.send('works', { taskId: 'a', link: signature('follows') });
    await drained();
    expect(events.filter((event) => event === 'ran a')).toHaveLength(runs);
    expect(events.filter((event) => event.startsWith('follows'))).toEqual([`follows done ${runs}`]);
    expect(await results.get('a')).toMatchObject({ status: 'SUCCESS' });
  });

  it('calls the errbacks of a failure that it has recorded', async () => {
    await start();
    store.dieAt('decide', 'after');
    await running.tasks.send('fails', { taskId: 'a', linkError: signature('follows') });
    await drained();
    expect(events).toEqual(['ran a', 'follows a']);
    const meta = await results.get('a');
    expect(meta).toMatchObject({ status: 'FAILURE', result: { excType: 'ValueError', excMessage: ['too large'] } });
    expect(meta?.traceback).toMatch(/^RangeError: too large\n.*Tasks\.fails/);
  });

  it.for([
    ['runs again', 'works', ['ran a'], { status: 'SUCCESS' }],
    ['fails with rejectOnWorkerLost: false', 'once', ['follows a'], { result: { excType: 'WorkerLostError' } }],
  ] as const)('while a task runs: it %s', async ([, task, happened, meta]) => {
    await start();
    const dead = { owner: 'a worker that died', messageId: 'its message', receiveCount: 1, leaseSeconds: 30 };
    await store.claim({ ...dead, key: `${task}:a:0:0` });
    await running.tasks.send(task, { taskId: 'a', linkError: signature('follows') });
    await clock.advance(20_000);
    expect(events).toEqual([]);
    await drained();
    expect(events).toEqual(happened);
    expect(await results.get('a')).toMatchObject(meta);
  });

  it('after its task has ended does not run it again with rejectOnWorkerLost: false', async () => {
    await start();
    store.dieAt('settle', 'before');
    await running.tasks.send('once', { taskId: 'a' });
    await drained();
    expect(events).toEqual(['ran a']);
  });
});

describe('a store that is down', () => {
  it.for(['works', 'works-early'])('loses no message: %s', async (task) => {
    await start();
    store.fault = () => 'before';
    await running.tasks.send(task, { taskId: 'a' });
    await clock.advance(MINUTE);
    expect(events).toEqual([]);
    store.fault = () => undefined;
    await drained();
    expect(events).toEqual(['ran a']);
  });

  it('for a moment leaves a running task alone', async () => {
    await start();
    await running.tasks.send('slow', { taskId: 'a' });
    await clock.advanceUntil(() => events.length > 0, MINUTE);
    store.fault = (call) => (call === 'extend' ? 'before' : undefined);
    await clock.advance(25_000);
    store.fault = () => undefined;
    await drained();
    expect(events).toEqual(['began a', 'ended a']);
    expect(running.log.of({ level: 'warn' }).join()).toContain('idempotency store could not be asked');
  });
});

it('a run whose claim another delivery has taken is aborted, and nothing of it is kept', async () => {
  await start();
  await running.tasks.send('slow', { taskId: 'a' });
  await clock.advanceUntil(() => events.length > 0, MINUTE);
  const claim = { key: 'slow:a:0:0', owner: 'another', messageId: 'copy', receiveCount: 1, leaseSeconds: 600 };
  store.fault = (call) => (call === 'extend' ? 'before' : undefined);
  await clock.advance(31_000);
  expect(await store.claim(claim)).toMatchObject({ kind: 'claimed' });
  store.fault = () => undefined;
  await clock.advance(11_000);
  expect(running.log.text()).toContain('was claimed by another delivery while it ran');
  expect(await results.get('a')).toBeUndefined();
  await store.settle(claim.key, claim.owner, JSON.stringify({ kind: 'success', result: 'theirs', runtimeSeconds: 1 }));
  await drained();
  expect(events).toEqual(['began a']);
  expect(await results.get('a')).toMatchObject({ status: 'SUCCESS', result: 'theirs' });
});

describe('a result store that is down', () => {
  /** Longer than a worker waits with a result that it cannot store. */
  const downForLong = (): ResultStore => downUntil(clock.now() + HOUR / 4, results, clock);

  it('does not make a task run again', async () => {
    await start({ resultBackend: downForLong() });
    await running.tasks.send('works', { taskId: 'a' });
    await drained();
    expect(events).toEqual(['ran a']);
    expect(await results.get('a')).toMatchObject({ status: 'SUCCESS', result: 'done 1' });
  });

  it('fails no task whose start could not be stored', async () => {
    await start({ resultBackend: downForLong() });
    await running.tasks.send('once', { taskId: 'a' });
    await drained();
    expect(events).toEqual(['ran a']);
    expect(await results.get('a')).toMatchObject({ status: 'SUCCESS' });
  });

  it('does not lose a task that is acknowledged early', async () => {
    await start({ resultBackend: downForLong(), taskDefaults: { trackStarted: true } });
    await running.tasks.send('works-early', { taskId: 'a' });
    await drained();
    await clock.advance(HOUR);
    expect(events).toEqual(['ran a']);
  });
});

it('a message that its task has put back is no retry', async () => {
  await start();
  await running.tasks.send('requeued', { taskId: 'a' });
  await drained();
  expect(events).toEqual(['retries 0', 'retries 0', 'retries 0', 'retries 0']);
});
