import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  MemoryResultStore,
  MemoryRevocationStore,
  Task,
  TaskContext,
  TaskRequest,
  WorkerControl,
  signature,
  stamp,
  type Revocation,
  type RevocationStore,
  type SqsCeleryOptions,
  type TaskMeta,
} from 'nestjs-sqs-celery';
import { LocalSqs, type VirtualClock } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startVirtualApp, startVirtualSqs, type VirtualApp, type VirtualSqs } from './support/virtual-app.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** A running task is told within so long. */
const TOLD_WITHIN = 5 * SECOND;

/** What happened, in order. */
const events: string[] = [];
const CLOCK_OF_TEST = Symbol('CLOCK_OF_TEST');

@Injectable()
class Tasks {
  constructor(@Inject(CLOCK_OF_TEST) private readonly clock: VirtualClock) {}

  @Task('quick')
  quick(name: string): string {
    events.push(`ran ${name}`);
    return name;
  }

  @Task('failed')
  failed(id: string): void {
    events.push(`errback of ${id}`);
  }

  /** Takes ten minutes, and heeds its signal. */
  @Task('long')
  async long(@TaskContext() task: TaskRequest): Promise<string> {
    events.push(`began ${task.id}`);
    await this.#minutes(10, task.signal);
    events.push(`ended ${task.id}`);
    return 'done';
  }

  @Task('long-early', { acksLate: false })
  async longEarly(@TaskContext() task: TaskRequest): Promise<string> {
    return this.long(task);
  }

  /** Does not heed its signal. */
  @Task('deaf')
  async deaf(@TaskContext() task: TaskRequest): Promise<string> {
    events.push(`began ${task.id}`);
    await this.#minutes(1);
    return 'done';
  }

  /** Passes its signal on to Node, which throws an AbortError of its own. */
  @Task('passing-on')
  async passingOn(@TaskContext() task: TaskRequest): Promise<void> {
    events.push(`began ${task.id}`);
    await delay(HOUR, undefined, { signal: task.signal });
  }

  #minutes(minutes: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.clock.setTimeout(resolve, minutes * MINUTE);
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
}

/** A store that can be down. */
class Flaky implements RevocationStore {
  down = false;

  constructor(private readonly store: RevocationStore) {}

  revoke(ids: readonly string[], revocation: Revocation): Promise<void> {
    return this.store.revoke(ids, revocation);
  }

  async revoked(ids: readonly string[]): Promise<ReadonlyMap<string, Revocation>> {
    if (this.down) throw new Error('the store is down');
    return this.store.revoked(ids);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

let endpoint: VirtualSqs;
let sqs: LocalSqs;
let clock: VirtualClock;
let running: VirtualApp;
let results: MemoryResultStore;
let store: Flaky;

async function start(options: SqsCeleryOptions = {}): Promise<void> {
  running = await startVirtualApp({
    on: endpoint,
    providers: [{ provide: CLOCK_OF_TEST, useValue: clock }, Tasks],
    options: { queues: ['celery'], revocations: store, resultBackend: results, ...options },
  });
}

beforeEach(async () => {
  events.length = 0;
  endpoint = await startVirtualSqs();
  ({ sqs, clock } = endpoint);
  results = new MemoryResultStore({ clock });
  store = new Flaky(new MemoryRevocationStore({ clock }));
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await endpoint[Symbol.asyncDispose]();
});

/** Lets time pass until the task has its last state. */
async function ended(id: string, withinMs = HOUR): Promise<TaskMeta> {
  await clock.advanceUntil(async () => ((await results.get(id))?.dateDone ?? null) !== null, withinMs);
  const meta = await results.get(id);
  if (!meta) throw new Error(`task ${id} has no result`);
  return meta;
}

async function drained(queue = 'celery'): Promise<void> {
  await clock.advanceUntil(() => sqs.queue(queue).messages.length === 0, HOUR);
}

function revokedMeta(reason: string): object {
  return { status: 'REVOKED', result: { excType: 'TaskRevokedError', excMessage: [reason] }, traceback: null };
}

function log(): string[] {
  return running.log.lines.map(({ message }) => message);
}

describe('a task that was revoked before it starts', () => {
  it('is not run, and what follows it is not sent', async () => {
    await start();
    await running.tasks.revoke('a');
    const after = { link: signature('quick', { args: ['callback'] }), linkError: signature('failed') };
    await running.tasks.send('quick', { args: ['a'], taskId: 'a', ...after });
    expect(await ended('a')).toMatchObject(revokedMeta('revoked'));
    await drained();
    expect(events).toEqual([]);
    expect(log()).toContain('Task quick[a] received');
    expect(log()).toContain('Discarding revoked task: quick[a]');
  });

  it('carries a stamp that was revoked', async () => {
    await start();
    await running.tasks.revokeByStampedHeaders({ tenant: ['acme', 7] });
    const stamped = (name: string, tenant: unknown) =>
      running.tasks.send(stamp(signature('quick', { args: [name], taskId: name }), { tenant }));
    await stamped('one', 'acme');
    await stamped('of several', ['x', 7]);
    await stamped('other', 'x');
    await running.tasks.send('quick', { args: ['without'] });
    await drained();
    expect(events.toSorted()).toEqual(['ran other', 'ran without']);
    expect(await results.get('one')).toMatchObject(revokedMeta('revoked'));
    await expect(running.tasks.revokeByStampedHeaders({ tenant: {} as string })).rejects.toThrow(/texts, numbers/);
  });

  it('is one of several', async () => {
    await start();
    await running.tasks.revoke(['a', 'c']);
    for (const id of ['a', 'b', 'c']) await running.tasks.send('quick', { args: [id], taskId: id });
    await drained();
    expect(events).toEqual(['ran b']);
  });

  it('is discarded although its message is acknowledged early', async () => {
    await start();
    await running.tasks.revoke('a');
    await running.tasks.send('long-early', { taskId: 'a' });
    expect(await ended('a')).toMatchObject(revokedMeta('revoked'));
    await drained();
    expect(events).toEqual([]);
  });

  it('is discarded while it was on its queue', async () => {
    await start();
    await running.app.get(WorkerControl).pause();
    await running.tasks.send('quick', { args: ['a'], taskId: 'a' });
    await running.tasks.revoke('a');
    running.app.get(WorkerControl).resume();
    expect(await ended('a')).toMatchObject(revokedMeta('revoked'));
    expect(events).toEqual([]);
  });

  it('is discarded when its ETA has come, which SQS keeps it until', async () => {
    await start();
    await running.tasks.send('quick', { args: ['a'], taskId: 'a', countdown: 2 * 3600 });
    await clock.advance(30 * MINUTE);
    await running.tasks.revoke('a');
    await clock.advance(HOUR);
    expect(await results.get('a')).toBeUndefined();
    expect(await ended('a')).toMatchObject(revokedMeta('revoked'));
    await drained();
    expect(events).toEqual([]);
  });

  it('says so, and one that has expired says that', async () => {
    await start();
    await running.tasks.send('quick', { args: ['a'], taskId: 'a', expires: new Date(clock.now() - SECOND) });
    expect(await ended('a')).toMatchObject(revokedMeta('expired'));
    await running.tasks.revoke('b');
    await running.tasks.send('quick', { args: ['b'], taskId: 'b' });
    expect(await ended('b')).toMatchObject(revokedMeta('revoked'));
    const discarded = log().filter((line) => line.startsWith('Discarding'));
    expect(discarded).toEqual(['Discarding revoked task: quick[a]', 'Discarding revoked task: quick[b]']);
  });

  it('is not started after a wait for its turn, under its lease', async () => {
    await start({ taskDefaults: { concurrency: 1 } });
    for (const id of ['a', 'b']) await running.tasks.send('deaf', { taskId: id });
    await clock.advance(10 * SECOND);
    await running.tasks.revoke('b');
    expect(await ended('b')).toMatchObject(revokedMeta('revoked'));
    await drained();
    expect(events).toEqual(['began a']);
  });

  it('leaves its place in a FIFO group to the next', async () => {
    sqs.createQueue('celery.fifo');
    await start({ queues: ['celery.fifo'], poison: 'block' });
    await running.tasks.revoke('b');
    for (const id of ['a', 'b', 'c']) {
      await running.tasks.send('quick', { args: [id], taskId: id, groupId: 'group' });
    }
    await drained('celery.fifo');
    expect(events).toEqual(['ran a', 'ran c']);
    expect(await results.get('b')).toMatchObject(revokedMeta('revoked'));
  });
});

describe('a task that is revoked while it is running', () => {
  /** Starts a task and waits until it runs. */
  async function begin(task: string): Promise<void> {
    await running.tasks.send(task, { taskId: 'a' });
    await clock.advanceUntil(() => events.includes('began a'), MINUTE);
  }

  it('is told by its signal with terminate', async () => {
    await start();
    await begin('long');
    await running.tasks.revoke('a', { terminate: true });
    expect(await ended('a', TOLD_WITHIN)).toMatchObject(revokedMeta('terminated'));
    await drained();
    await clock.advance(HOUR);
    expect(events).toEqual(['began a']);
    expect(log()).toContain('Discarding revoked task: long[a]');
  });

  it('is told after a milder revocation', async () => {
    await start();
    await begin('long');
    await running.tasks.revoke('a');
    await running.tasks.revoke('a', { terminate: true });
    await running.tasks.revoke('a');
    expect(await ended('a', TOLD_WITHIN)).toMatchObject(revokedMeta('terminated'));
  });

  it('is told where its message was acknowledged early', async () => {
    await start();
    await begin('long-early');
    await running.tasks.revoke('a', { terminate: true });
    expect(await ended('a', TOLD_WITHIN)).toMatchObject(revokedMeta('terminated'));
  });

  it("is revoked where Node's own functions pass the signal's reason on in an AbortError", async () => {
    await start();
    await begin('passing-on');
    await running.tasks.revoke('a', { terminate: true });
    expect(await ended('a', TOLD_WITHIN)).toMatchObject(revokedMeta('terminated'));
  });

  it('runs on without terminate', async () => {
    await start();
    await begin('long');
    await running.tasks.revoke('a');
    expect(await ended('a')).toMatchObject({ status: 'SUCCESS', result: 'done' });
    expect(events).toEqual(['began a', 'ended a']);
  });

  it('has the result it comes to where it does not heed its signal', async () => {
    await start();
    await begin('deaf');
    await running.tasks.revoke('a', { terminate: true });
    expect(await ended('a')).toMatchObject({ status: 'SUCCESS', result: 'done' });
  });
});

describe('a store that is down', () => {
  it('keeps no task from running, and is asked again', async () => {
    await start();
    await running.tasks.revoke(['a', 'b']);
    store.down = true;
    await running.tasks.send('quick', { args: ['a'], taskId: 'a' });
    expect(await ended('a')).toMatchObject({ status: 'SUCCESS' });
    expect(running.log.of({ level: 'warn' }).join()).toContain('revocation store could not be asked');
    store.down = false;
    await clock.advance(TOLD_WITHIN);
    await running.tasks.send('quick', { args: ['b'], taskId: 'b' });
    expect(await ended('b')).toMatchObject(revokedMeta('revoked'));
  });

  it('stops no task that runs, and tells it once it is up again', async () => {
    await start();
    await running.tasks.send('long', { taskId: 'a' });
    await clock.advanceUntil(() => events.includes('began a'), MINUTE);
    store.down = true;
    await running.tasks.revoke('a', { terminate: true });
    await clock.advance(MINUTE);
    expect(await results.get('a')).toBeUndefined();
    store.down = false;
    expect(await ended('a', TOLD_WITHIN)).toMatchObject(revokedMeta('terminated'));
  });
});

it('revoking without a store says what is missing', async () => {
  running = await startVirtualApp({ on: endpoint, options: { queues: ['celery'] } });
  await expect(running.tasks.revoke('a')).rejects.toMatchObject({ code: 'SQS_CELERY_NO_STORE' });
});
