import {
  FAILURE,
  RETRY,
  SUCCESS,
  encodeMessage,
  createTaskMessage,
  signature,
  systemClock,
  type MessageAttributes,
  type ResultStore,
  type TaskMessageSpec,
  type TaskMeta,
} from '#celery';
import { describe, expect, it } from 'vitest';
import { deadLetterResults } from './dead-letter-results-assembly.js';
import { DeadLetterResults, type FailedPart } from './dead-letter-results.js';
import { FollowUps } from '../follow-ups.js';
import { Results } from '../results.js';
import type { TaskOptions } from '../task-options.js';
import { Bench, FIFO, RecordedDelivery, STANDARD, body, withRedrive } from '../worker.test-support.js';

const SOURCE = withRedrive(STANDARD, 3);
const DEAD = {
  name: 'arn:aws:sqs:us-east-1:000000000000:dead',
  url: 'http://127.0.0.1/000000000000/dead',
  fifo: false,
};
/** What each look does with its letter. */
const LEFT = 'release 30';

/** A store that writes down in what order it is written. */
class RecordedStore implements ResultStore {
  readonly records = new Map<string, TaskMeta>();
  fail: Error | undefined;

  constructor(private readonly actions: string[]) {}

  async store(meta: TaskMeta): Promise<void> {
    if (this.fail) throw this.fail;
    this.actions.push(`store ${meta.status} of ${meta.taskId}`);
    this.records.set(meta.taskId, meta);
  }

  async get(taskId: string): Promise<TaskMeta | undefined> {
    if (this.fail) throw this.fail;
    return this.records.get(taskId);
  }

  async forget(): Promise<void> {}

  async close(): Promise<void> {}
}

type LetterInit = ConstructorParameters<typeof RecordedDelivery>[0] & { messageId?: string; source?: string };

let letters = 0;

/** A letter; each has a MessageId of its own unless it says otherwise. */
function letterOf({ messageId = `letter-${letters++}`, source, ...init }: LetterInit, actions: string[]) {
  const delivery = new RecordedDelivery(
    { queue: DEAD, receiveCount: 4, body: body({ id: 'task-1' }), ...init },
    actions,
  );
  return Object.assign(delivery, { messageId }, source !== undefined && { deadLetterSourceArn: source });
}

function setUp({ sources = [SOURCE], task = {} as TaskOptions } = {}) {
  const bench = new Bench().task('do', () => undefined, task);
  const { actions, sender, events, registry } = bench;
  const store = new RecordedStore(actions);
  const parts: FailedPart[] = [];
  const lines: string[] = [];
  const log = { debug: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) };
  const deps = { clock: systemClock, hostname: 'celery@test' };
  const make = (): DeadLetterResults =>
    new DeadLetterResults({
      ...deps,
      sources,
      store,
      results: new Results({ ...deps, store, extended: false }),
      followUps: new FollowUps({
        ...deps,
        sender,
        publisher: sender,
        route: ({ queue }) => ({ queue: queue ?? STANDARD.name }),
        argsreprMaxsize: 0,
      }),
      reportPart: async (part) => void parts.push(part),
      registry,
      events,
      log,
    });
  const results = make();
  const look = (init: LetterInit = {}, by = results) => by.look(letterOf(init, actions));
  return { bench, actions, store, sender, parts, lines, results, look, make };
}

/** The body of a message whose sender leaves it to the task whether its result is ignored. */
function unsaid(spec: Partial<TaskMessageSpec>): string {
  const message = createTaskMessage({ task: 'do', queue: 'celery', origin: 'gen1@test', now: Date.now(), ...spec });
  return encodeMessage({ ...message, headers: { ...message.headers, ignoreResult: undefined } });
}

function reason(name: string, detail = 'why'): MessageAttributes {
  return {
    CeleryReason: { DataType: 'String', StringValue: name },
    CeleryError: { DataType: 'String', StringValue: detail },
  };
}

function meta(status: string): TaskMeta {
  return { taskId: 'task-1', status, result: null, traceback: null, children: [], dateDone: null };
}

describe('a task whose message SQS has moved', () => {
  it('gets the result FAILURE WorkerLostError, and its letter stays', async () => {
    const { actions, look, store, bench } = setUp();
    expect(await look()).toBe('recorded');
    expect(actions).toEqual(['store FAILURE of task-1', LEFT]);
    expect(store.records.get('task-1')).toMatchObject({
      status: FAILURE,
      result: { excType: 'WorkerLostError', excMessage: ['received 3 times without an outcome'] },
      traceback: null,
    });
    expect(bench.names()).toEqual(['failed']);
    expect(bench.payload('failed')).toMatchObject({ request: { id: 'task-1', queue: DEAD.name }, expected: false });
  });

  it('has its errbacks called first, then its chain failed, and its own result stored last', async () => {
    const { actions, look, sender, store } = setUp();
    const chain = [signature('c', { taskId: 'id-c' }), signature('b', { taskId: 'id-b' })];
    await look({ body: body({ id: 'task-1', embed: { errbacks: [signature('on_error')], chain } }) });
    expect(actions).toEqual([
      'publish to celery',
      'store FAILURE of id-c',
      'store FAILURE of id-b',
      'store FAILURE of task-1',
      LEFT,
    ]);
    expect(sender.published[0]?.message).toMatchObject({ headers: { task: 'on_error' }, args: ['task-1'] });
    expect(store.records.get('id-b')?.result).toEqual(store.records.get('task-1')?.result);
  });

  it('tells its chord, and those of the steps after it', async () => {
    const { look, parts } = setUp();
    const sum = signature('sum');
    const step = { ...signature('b'), options: { task_id: 'id-b', group_id: 'h', group_index: 0, chord: sum } };
    await look({ body: body({ id: 'task-1', group: 'g', groupIndex: 2, embed: { chord: sum, chain: [step] } }) });
    expect(parts).toMatchObject([
      { taskId: 'task-1', groupId: 'g', groupIndex: 2, chord: { task: 'sum' } },
      { taskId: 'id-b', groupId: 'h', groupIndex: 0, chord: { task: 'sum' } },
    ]);
  });

  it('stores the failure of each member of a group behind it that a chord waits for, also where its own is ignored', async () => {
    const member = { ...signature('b'), options: { task_id: 'id-b', group_id: 'h', chord: signature('sum') } };
    const group = { ...signature('celery.group'), kwargs: { tasks: [member] }, subtask_type: 'group' };
    const chain = [{ ...group, options: { task_id: 'id-g', chord: signature('sum') } }];
    for (const ignoreResult of [false, true]) {
      const { look, parts, store } = setUp();
      await look({ body: body({ id: 'task-1', ignoreResult, embed: { chain } }) });
      expect(parts).toMatchObject([{ taskId: 'id-b' }]);
      expect([...store.records.keys()]).toEqual(ignoreResult ? ['id-b'] : ['id-g', 'id-b', 'task-1']);
    }
  });

  it('gets a result although its last attempt was to be tried again', async () => {
    const { look, store } = setUp();
    store.records.set('task-1', meta(RETRY));
    expect(await look()).toBe('recorded');
    expect(store.records.get('task-1')?.status).toBe(FAILURE);
  });

  it('gets none where its results are ignored; its errbacks are called all the same', async () => {
    const embed = { errbacks: [signature('on_error')], chain: [signature('b', { taskId: 'id-b' })] };
    const task = { ignoreResult: true };
    for (const { set, letter } of [
      { set: setUp({ task }), letter: unsaid({ embed }) },
      { set: setUp(), letter: body({ embed, ignoreResult: true }) },
    ]) {
      await set.look({ body: letter });
      expect(set.actions).toEqual(['publish to celery', LEFT]);
    }
    const { look, actions } = setUp({ task: { ignoreResult: true, storeErrorsEvenIfIgnored: true } });
    await look({ body: unsaid({ id: 'task-1' }) });
    expect(actions).toEqual(['store FAILURE of task-1', LEFT]);
  });
});

describe('what is left alone', () => {
  it.each([
    ['a task that has succeeded meanwhile', SUCCESS],
    ['a task whose failure is known', FAILURE],
    ['a task that was revoked', 'REVOKED'],
  ])('%s', async (_what, status) => {
    const { look, store, actions, bench } = setUp();
    store.records.set('task-1', meta(status));
    expect(await look({ body: body({ id: 'task-1', embed: { errbacks: [signature('e')] } }) })).toBe('left');
    expect(actions).toEqual([LEFT]);
    expect(bench.names()).toEqual([]);
  });

  it.each([
    ['plain text', 'hello'],
    ['JSON of others', '{"orderId":7}'],
    ['a message that nobody can read', '{"properties":{},"headers":{"task":"do"},"body":"%"}'],
  ])('%s', async (_what, text) => {
    const { look, actions, bench } = setUp();
    expect(await look({ body: text })).toBe('left');
    expect(actions).toEqual([LEFT]);
    expect(bench.names()).toEqual([]);
  });

  it.each(['Reject', 'NotRegistered', 'WorkerLostError', 'whatever'])(
    'a task that a worker has moved: %s',
    async (why) => {
      const { look, actions } = setUp();
      await look({ messageAttributes: reason(why), receiveCount: 1 });
      expect(actions).toEqual([LEFT]);
    },
  );

  it('a task from a queue of somebody else who shares the dead-letter queue', async () => {
    const { look, actions } = setUp();
    await look({ source: 'arn:aws:sqs:us-east-1:000000000000:other' });
    expect(actions).toEqual([LEFT]);
  });
});

describe('a message that a worker has moved', () => {
  it('gets a result where its worker had none to store', async () => {
    const { look, store } = setUp();
    await look({ messageAttributes: reason('Workflow', 'a chord'), receiveCount: 1 });
    expect(store.records.get('task-1')?.result).toMatchObject({ excMessage: ['given up by its workers: a chord'] });
  });

  it('gets one when it was redriven and SQS moved it the second time', async () => {
    const { look, actions } = setUp();
    await look({ messageAttributes: reason('Reject'), source: 'arn:aws:sqs:us-east-1:000000000000:celery' });
    expect(actions).toEqual(['store FAILURE of task-1', LEFT]);
  });
});

describe('done once', () => {
  it('nothing is asked for a letter that was seen to', async () => {
    const { look, actions, store } = setUp();
    await look({ messageId: 'same' });
    store.records.clear();
    expect(await look({ messageId: 'same', receiveCount: 5 })).toBe('left');
    expect(actions).toEqual(['store FAILURE of task-1', LEFT, LEFT]);
  });

  it('another worker finds the result', async () => {
    const { look, actions, make } = setUp();
    await look({ messageId: 'same' });
    await look({ messageId: 'same', receiveCount: 5 }, make());
    expect(actions.filter((action) => action.startsWith('store'))).toHaveLength(1);
  });

  it('a crash before the result is stored repeats the errbacks with the same ids', async () => {
    const { look, store, sender, make } = setUp();
    const letter = { messageId: 'same', body: body({ id: 'task-1', embed: { errbacks: [signature('on_error')] } }) };
    await look(letter);
    store.records.clear();
    await look({ ...letter, receiveCount: 5 }, make());
    const [first, second] = sender.published.map(({ message }) => message.headers.id);
    expect(second).toBe(first);
    expect(sender.published).toHaveLength(2);
  });

  it('errbacks are not called again when the result has expired, for as long as the letter is there', async () => {
    const { look, actions, lines, make } = setUp();
    expect(await look({ receiveCount: 3 + 21 }, make())).toBe('left');
    expect(actions).toEqual([LEFT]);
    expect(lines.join()).toMatch(/looked at too often/);
    expect(await look({ receiveCount: 3 + 20 }, make())).toBe('recorded');
  });

  it('nor where there is no result to look at', async () => {
    const { look, sender, make } = setUp({ task: { ignoreResult: true } });
    const letter = { messageId: 'same', body: unsaid({ embed: { errbacks: [signature('on_error')] } }) };
    await look({ ...letter, receiveCount: 4 });
    await look({ ...letter, receiveCount: 5 }, make());
    expect(sender.published).toHaveLength(1);
  });
});

describe('what cannot be done', () => {
  it('is done at a later look', async () => {
    const { look, actions, store, bench } = setUp();
    store.fail = new Error('offline');
    expect(await look({ messageId: 'same' })).toBe('failed');
    expect(bench.names()).toEqual(['settleFailed']);
    expect(actions).toEqual([LEFT]);
    store.fail = undefined;
    expect(await look({ messageId: 'same', receiveCount: 30 })).toBe('recorded');
  });

  it('no result is stored when the errbacks could not be sent', async () => {
    const { look, actions, sender } = setUp();
    sender.failOnce = new Error('offline');
    const letter = { messageId: 'same', body: body({ id: 'task-1', embed: { errbacks: [signature('on_error')] } }) };
    expect(await look(letter)).toBe('failed');
    expect(actions).toEqual([LEFT]);
    expect(await look(letter)).toBe('recorded');
    expect(actions).toEqual([LEFT, 'publish to celery', 'store FAILURE of task-1', LEFT]);
  });

  it('errbacks to a queue that is not known here are left to another worker for a while', async () => {
    const { look, actions, lines } = setUp();
    const embed = { errbacks: [signature('on_error', { queue: 'elsewhere' })] };
    const letter = { messageId: 'same', body: body({ id: 'task-1', embed }) };
    for (const receiveCount of [4, 5, 6]) expect(await look({ ...letter, receiveCount })).toBe('failed');
    expect(actions).toEqual([LEFT, LEFT, LEFT]);
    expect(await look({ ...letter, receiveCount: 7 })).toBe('recorded');
    expect(actions.at(-2)).toBe('store FAILURE of task-1');
    expect(lines.join()).toMatch(/errbacks of dead task do\[task-1\] cannot be sent/);
  });

  it('a letter whose lease is lost meanwhile is for its next look', async () => {
    const { bench, make, store, actions } = setUp();
    const letter = letterOf({}, actions);
    const get = store.get.bind(store);
    store.get = async (id) => {
      letter.controller.abort();
      return get(id);
    };
    expect(await make().look(letter)).toBe('failed');
    expect(actions).toEqual([LEFT]);
    expect(bench.names()).toEqual([]);
  });
});

describe('deadLetterResults', () => {
  it('is undefined where no results are stored', () => {
    const { actions, store, sender } = setUp();
    const bench = new Bench();
    const worker = {
      registry: bench.registry,
      publisher: sender,
      sender,
      clock: systemClock,
      events: bench.events,
      hostname: 'celery@test',
      route: ({ queue = STANDARD.name }: { readonly queue?: string | undefined }) => ({ queue }),
    };
    const log = { debug: () => undefined, warn: () => undefined };
    expect(deadLetterResults(worker, { sources: [SOURCE], log })).toBeUndefined();
    const results = deadLetterResults({ ...worker, stores: { results: store } }, { sources: [SOURCE], log });
    return expect(results?.look(letterOf({}, actions))).resolves.toBe('recorded');
  });

  it('finds the receives of the queue that a message was sent to, among several that share the dead-letter queue', async () => {
    const orders = withRedrive(FIFO, 7);
    const { look, store } = setUp({ sources: [SOURCE, orders] });
    const message = createTaskMessage({ task: 'do', id: 'task-1', queue: FIFO.name, origin: 'gen1@test', now: 0 });
    await look({ body: encodeMessage(message), receiveCount: 8 });
    expect(store.records.get('task-1')?.result).toMatchObject({ excMessage: ['received 7 times without an outcome'] });
  });
});
