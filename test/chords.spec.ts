import { Injectable } from '@nestjs/common';
import {
  MemoryResultStore,
  Task,
  TaskContext,
  TaskRequest,
  chain,
  chord,
  group,
  signature,
  type ChordStore,
  type ResultStore,
  type SignatureJson,
  type TaskMeta,
} from 'nestjs-sqs-celery';
import type { VirtualClock } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startVirtualApp, startVirtualSqs, type VirtualApp, type VirtualSqs } from './support/virtual-app.js';

const MINUTE = 60_000;
/** A worker stops trying to reach its store after ten minutes. */
const OUTAGE = 11 * MINUTE;

/** What ran, in order: the task's id, and what it was called with. */
const ran: { id: string; args: readonly unknown[] }[] = [];
let counter = 0;

@Injectable()
class Tasks {
  @Task('value')
  value(value: unknown): unknown {
    return value;
  }

  @Task('silent', { ignoreResult: true })
  silent(value: unknown): unknown {
    return value;
  }

  /** Has another result each time it runs. */
  @Task('counted')
  counted(): number {
    return (counter += 1);
  }

  @Task('fails')
  fails(): never {
    throw new RangeError('too large');
  }

  @Task('total')
  total(numbers: unknown, @TaskContext() { id, args }: TaskRequest): unknown {
    ran.push({ id, args });
    return numbers;
  }

  @Task('failed')
  failed(taskId: string, @TaskContext() { id, args }: TaskRequest): void {
    ran.push({ id, args });
  }
}

type Step = 'store' | 'report' | 'end';

/** Results in memory that are out of reach for a while, from one call of one kind on: before it has its effect, or after. */
class Outage implements ResultStore {
  readonly chords: ChordStore;
  readonly #store: MemoryResultStore;
  readonly #clock: VirtualClock;
  readonly #from: { readonly step: Step; readonly call: number; readonly effect: 'before' | 'after' };
  #calls = 0;
  #until: number | undefined;

  constructor(clock: VirtualClock, step: Step, call: number, effect: 'before' | 'after') {
    this.#clock = clock;
    this.#from = { step, call, effect };
    this.#store = new MemoryResultStore({ clock });
    const { chords } = this.#store;
    this.chords = {
      start: (groupId, start) => chords.start(groupId, start),
      report: (part) => this.#call('report', () => chords.report(part)),
      end: (part, ending) => this.#call('end', () => chords.end(part, ending)),
    };
  }

  get hasBeen(): boolean {
    return this.#until !== undefined;
  }

  store = (meta: TaskMeta): Promise<void> => this.#call('store', () => this.#store.store(meta));
  get = (taskId: string): Promise<TaskMeta | undefined> => this.#store.get(taskId);
  forget = (taskId: string): Promise<void> => this.#store.forget(taskId);
  close = (): Promise<void> => this.#store.close();

  async #call<Answer>(step: Step, work: () => Promise<Answer>): Promise<Answer> {
    const { call, effect } = this.#from;
    if (this.#until !== undefined && this.#clock.monotonic() < this.#until) throw new Error('out of reach');
    const begins = this.#until === undefined && step === this.#from.step && (this.#calls += 1) === call;
    if (!begins) return work();
    this.#until = this.#clock.monotonic() + OUTAGE;
    if (effect === 'after') await work();
    throw new Error('out of reach');
  }
}

let virtual: VirtualSqs;
let running: VirtualApp | undefined;

beforeEach(async () => {
  ran.length = 0;
  counter = 0;
  virtual = await startVirtualSqs();
});
afterEach(async () => {
  await running?.[Symbol.asyncDispose]();
  running = undefined;
  await virtual[Symbol.asyncDispose]();
});

async function start(store: ResultStore): Promise<VirtualApp> {
  running = await startVirtualApp({
    on: virtual,
    providers: [Tasks],
    options: { queues: [{ name: 'celery' }], resultBackend: store },
  });
  return running;
}

/** Sends a workflow, lets time pass until its result is there, and gives its record. */
async function recordOf(workflow: SignatureJson, store: ResultStore, minutes = 1): Promise<TaskMeta | undefined> {
  const { tasks, clock } = await start(store);
  const result = await tasks.send(workflow);
  const id = (result as { id: string }).id;
  for (let minute = 0; minute < minutes; minute += 1) await clock.advance(MINUTE);
  return store.get(id);
}

const value = (result: unknown) => signature('value', { args: [result] });

describe('a chord', () => {
  it.each<[string, readonly SignatureJson[], unknown]>([
    ['of tasks', [value('a'), value('b'), value('c')], ['a', 'b', 'c']],
    ['of one', [value(1)], [1]],
    ['of none', [], []],
    ['of tasks whose results are ignored', [signature('silent', { args: [1] }), value(2)], [1, 2]],
    ['of chains', [chain(value(1), signature('value')), chain(value(2), signature('value'))], [1, 2]],
  ])('%s gives all results to its body', async (_what, header, results) => {
    const store = new MemoryResultStore({ clock: virtual.clock });
    expect(await recordOf(chord(header, signature('total')), store)).toMatchObject({
      status: 'SUCCESS',
      result: results,
    });
    expect(ran).toHaveLength(1);
  });

  it('may have a chain, a group or a chord as body', async () => {
    const store = new MemoryResultStore({ clock: virtual.clock });
    const header = [value(1), value(2)];
    const bodies = [
      chain(signature('value'), signature('total')),
      group(signature('total'), signature('total')),
      chord([signature('total'), signature('value')], signature('total')),
    ];
    const { tasks, clock } = await start(store);
    for (const body of bodies) await tasks.send(chord(header, body));
    await clock.advance(MINUTE);
    const all = [1, 2];
    const called = ran.map(({ args }) => JSON.stringify(args[0]));
    expect(called.toSorted((one, other) => one.length - other.length)).toEqual(
      [all, all, all, all, [all, all]].map((one) => JSON.stringify(one)),
    );
  });

  it('fails with a task of its header, and calls the errback of its body', async () => {
    const store = new MemoryResultStore({ clock: virtual.clock });
    const failing = signature('fails', { taskId: 'failing' });
    const body = signature('total', { linkError: signature('failed') });
    const record = await recordOf(chord([value(1), failing, value(2)], body), store);
    const excMessage = ["Dependency failing raised ValueError('too large')"];
    expect(record).toMatchObject({ status: 'FAILURE', result: { excType: 'ChordError', excMessage } });
    expect(ran).toMatchObject([{ args: [record?.taskId] }]);
    expect(running?.log.text()).toMatch(/Chord '[-0-9a-f]+' raised: ChordError\("Dependency failing raised/);
  });

  it('fails with a chain that was to end in a group', async () => {
    const store = new MemoryResultStore({ clock: virtual.clock });
    const failing = chain(signature('fails'), group(signature('value'), signature('value')));
    const body = signature('total', { linkError: signature('failed') });
    const record = await recordOf(chord([failing, value(1)], body), store);
    expect(record).toMatchObject({ status: 'FAILURE', result: { excType: 'ChordError' } });
    expect(ran).toMatchObject([{ args: [record?.taskId] }]);
  });

  it('fails with a chord that it waits for', async () => {
    const store = new MemoryResultStore({ clock: virtual.clock });
    const inner = chord([value(1), signature('fails')], signature('total'));
    const record = await recordOf(chord([value(2), inner], signature('total')), store);
    expect(record).toMatchObject({ status: 'FAILURE', result: { excType: 'ChordError' } });
    expect(ran).toEqual([]);
  });
});

describe('a worker that is cut off from its store in the midst of a chord', () => {
  const steps = [
    ['store', 1],
    ['store', 2],
    ['report', 1],
    ['report', 2],
    ['end', 1],
  ] as const;
  const cases = steps.flatMap(([step, call]) =>
    (['before', 'after'] as const).map((effect) => [step, call, effect] as const),
  );
  const counted = signature('counted');

  it.each(cases)('at %s %i, %s it has its effect: the body runs, with one result of each task', async (...at) => {
    const store = new Outage(virtual.clock, ...at);
    const record = await recordOf(chord([counted, counted], signature('total', { taskId: 'body' })), store, 30);
    expect(store.hasBeen).toBe(true);
    expect(record).toMatchObject({ status: 'SUCCESS' });
    expect(new Set(ran.map(({ id }) => id))).toEqual(new Set(['body']));
    expect(new Set(ran.map(({ args }) => JSON.stringify(args))).size).toBe(1);
    expect(record?.result).toHaveLength(2);
    expect(virtual.sqs.queue('celery').messages).toEqual([]);
  });

  it.each(cases)('at %s %i, %s it has its effect: the error is told', async (...at) => {
    const store = new Outage(virtual.clock, ...at);
    const body = signature('total', { taskId: 'body', linkError: signature('failed') });
    const record = await recordOf(chord([counted, signature('fails', { taskId: 'failing' })], body), store, 30);
    expect(record).toMatchObject({ status: 'FAILURE', result: { excType: 'ChordError' } });
    // The same call, however often.
    expect(new Set(ran.map(({ id }) => id)).size).toBe(1);
    expect(ran.every(({ args }) => args[0] === 'body')).toBe(true);
  });
});
