import {
  EncodeError,
  chain,
  chord,
  group,
  signature,
  withOptions,
  type SignatureJson,
  type TaskMessage,
  type TaskMeta,
} from '#celery';
import { MemoryIdempotencyStore, MemoryResultStore } from '#backends';
import { describe, expect, it } from 'vitest';
import type { TaskRequest } from './task-request.js';
import { Bench, FIFO, body } from './worker.test-support.js';

const [a, b] = [signature('a'), signature('b')] as const;
const chordBody = signature('body', { taskId: 'body-1' });

type Spec = NonNullable<Parameters<typeof body>[0]>;

function setUp(run: (request: TaskRequest) => unknown, results = new MemoryResultStore()) {
  const idempotency = new MemoryIdempotencyStore();
  const bench = new Bench({ stores: { results, idempotency } }).task('do', run);
  const sent = (): TaskMessage[] => bench.sender.published.map(({ message }) => message);
  const handle = (spec: Spec = {}, init: Parameters<Bench['handle']>[0] = {}) =>
    bench.handle({ body: body({ id: 'task-1', rootId: 'root-1', ...spec }), ...init });
  return { bench, results, sent, handle };
}

function ids(messages: readonly TaskMessage[]): string[] {
  return messages.map(({ headers }) => headers.id);
}

async function failure(results: MemoryResultStore): Promise<TaskMeta | undefined> {
  const meta = await results.get('task-1');
  expect(meta).toMatchObject({ status: 'FAILURE' });
  return meta;
}

describe('TaskRequest.replace', () => {
  it('sends the other task under the same id, stores no result, and deletes the message last', async () => {
    const { bench, sent, handle, results } = setUp((task) => task.replace(signature('a', { args: [1] })));
    const embed = { chain: [signature('next', { taskId: 'next-1' })], callbacks: [b] };
    await handle({ embed, group: 'g', groupIndex: 3, retries: 2 });
    expect(sent()).toMatchObject([
      {
        headers: { task: 'a', id: 'task-1', rootId: 'root-1', parentId: 'task-1', retries: 0, replacedTaskNesting: 1 },
        args: [1],
        embed: { callbacks: [{ task: 'b' }], chain: [{ task: 'next', options: { task_id: 'next-1' } }] },
      },
    ]);
    expect(await results.get('task-1')).toBeUndefined();
    expect(bench.actions).toEqual(['publish to celery', 'acknowledge']);
    expect(bench.names()).toEqual(['received', 'started', 'replaced']);
  });

  it('keeps the group of a FIFO queue', async () => {
    const { bench, handle } = setUp((task) => task.replace(withOptions(a, { queue: FIFO.name })));
    await handle({}, { queue: FIFO, messageGroupId: 'tenant' });
    expect(bench.sender.published).toMatchObject([{ options: { messageGroupId: 'tenant' } }]);
  });

  it('sends the same ids again after a crash before the delete, and does not run again', async () => {
    let runs = 0;
    const run = (task: TaskRequest): never => {
      runs += 1;
      return task.replace(chord([a, group(a, b)], chain(a, b)));
    };
    const { bench, sent, handle } = setUp(run);
    // The last message does not get through.
    let publishes = 0;
    const publish = bench.sender.publish.bind(bench.sender);
    bench.sender.publish = async (...published) => {
      publishes += 1;
      return publishes === 3 ? Promise.reject(new Error('offline')) : publish(...published);
    };
    await handle();
    expect(bench.actions).not.toContain('acknowledge');
    const first = ids(sent());
    bench.sender.published.length = 0;
    await handle({}, { receiveCount: 2 });
    expect(runs).toBe(1);
    expect(ids(sent()).slice(0, 2)).toEqual(first);
    expect(bench.actions.at(-1)).toBe('acknowledge');
    expect(bench.names()).toContain('replaced');
    // Nothing more comes of another copy.
    await handle({}, { receiveCount: 2 });
    expect(sent()).toHaveLength(3);
    expect(bench.names().at(-1)).toBe('duplicate');
  });

  it.each<[string, SignatureJson, RegExp]>([
    ['on a queue that is not ours', withOptions(a, { queue: 'elsewhere' }), /cannot be sent from here/],
    ['with an id of its own', withOptions(a, { taskId: 'mine' }), /leave taskId out/],
    ['that is part of a chord', { ...a, options: { chord: b } }, /must not be part of a chord/],
    ['that is an empty chain', { ...chain(a, b), kwargs: { tasks: [] } }, /empty chain/],
  ])('fails the task for a signature %s', async (_what, replacement, message) => {
    const { bench, handle, results, sent } = setUp((task) => task.replace(replacement));
    await handle({ embed: { errbacks: [b] } });
    const meta = await failure(results);
    expect(meta?.result).toMatchObject({ excType: 'InvalidTaskError', excMessage: [expect.stringMatching(message)] });
    expect(sent()).toMatchObject([{ headers: { task: 'b' } }]);
    expect(bench.actions.at(-1)).toBe('acknowledge');
  });

  it('fails the task for what cannot be encoded', async () => {
    const { bench, handle, results } = setUp((task) => task.replace(signature('a', { args: [() => 'no JSON'] })));
    bench.sender.failOnce = new EncodeError('no JSON', '$.args[0]');
    await handle();
    expect((await failure(results))?.result).toMatchObject({ excType: 'EncodeError' });
  });
});

describe('TaskRequest.addToChord', () => {
  const inChord: Spec = { embed: { chord: chordBody }, group: 'g', groupIndex: 1 };

  it('counts, then sends, then reports its own part', async () => {
    const results = new MemoryResultStore();
    const order: string[] = [];
    const { chords } = results;
    const [add, report] = [chords.add.bind(chords), chords.report.bind(chords)];
    chords.add = (...given) => (order.push('count'), add(...given));
    chords.report = (part) => (order.push('report'), report(part));
    const told: string[] = [];
    const { bench, sent, handle } = setUp(
      (task) => told.push(task.addToChord(a), task.addToChord(chain(a, b))),
      results,
    );
    const publish = bench.sender.publish.bind(bench.sender);
    bench.sender.publish = (...given) => (order.push('send'), publish(...given));
    await handle(inChord);
    expect(order).toEqual(['count', 'send', 'count', 'send', 'report']);
    const [single, first] = sent();
    const place = { group: 'g', groupIndex: 1, rootId: 'root-1', parentId: 'task-1' };
    expect(single).toMatchObject({ headers: { id: told[0], ...place }, embed: { chord: { task: 'body' } } });
    expect(first).toMatchObject({
      headers: { task: 'a' },
      embed: { chord: null, chain: [{ task: 'b', options: { task_id: told[1], group_id: 'g', group_index: 1 } }] },
    });
  });

  it('of a chord it is the body that reports', async () => {
    const told: string[] = [];
    const { sent, handle } = setUp((task) => void told.push(task.addToChord(chord([a, b], signature('inner')))));
    await handle(inChord);
    expect(sent().map(({ headers }) => headers.task)).toEqual(['a', 'b']);
    for (const { embed } of sent()) {
      expect(embed.chord).toMatchObject({
        task: 'inner',
        options: { task_id: told[0], group_id: 'g', group_index: 1, chord: { task: 'body' } },
      });
    }
  });

  it('sends the same ids again when the worker dies, and counts them once', async () => {
    const { bench, sent, handle, results } = setUp((task) => void task.addToChord(a));
    results.chords.start('g', { size: 1 });
    const publish = bench.sender.publish.bind(bench.sender);
    let fails = true;
    bench.sender.publish = (...given) => {
      const failing = fails;
      fails = false;
      return failing ? Promise.reject(new Error('offline')) : publish(...given);
    };
    await handle(inChord);
    expect(sent()).toEqual([]);
    await handle(inChord, { receiveCount: 2 });
    const [added] = sent();
    expect(sent()).toHaveLength(1);
    const part = { groupId: 'g', groupIndex: 1, taskId: String(added?.headers.id), status: 'SUCCESS', result: 1 };
    expect(await results.chords.report(part)).toMatchObject({ kind: 'complete', parts: { length: 2 } });
  });

  it('adds nothing where the run fails', async () => {
    const { handle, sent } = setUp((task) => {
      task.addToChord(a);
      throw new Error('no');
    });
    await handle(inChord);
    expect(sent()).toEqual([]);
  });

  it.each<[string, Spec, SignatureJson, RegExp]>([
    ['a task that is in no chord', {}, a, /not member of any chord/],
    ['a group', inChord, group(a, b), /one by one/],
    ['a queue that is not ours', inChord, withOptions(a, { queue: 'elsewhere' }), /cannot be sent from here/],
  ])('fails for %s', async (_what, spec, addition, message) => {
    const { handle, results } = setUp((task) => task.addToChord(addition));
    await handle(spec);
    expect((await failure(results))?.result).toMatchObject({ excMessage: [expect.stringMatching(message)] });
  });

  it('fails where the store cannot grow a header', async () => {
    const results = new MemoryResultStore();
    Object.defineProperty(results.chords, 'add', { value: undefined });
    const { handle } = setUp((task) => task.addToChord(a), results);
    await handle(inChord);
    expect((await failure(results))?.result).toMatchObject({ excMessage: [expect.stringMatching(/use Redis/)] });
  });
});

it('tells a task its stamps, and how deep it is nested', async () => {
  const told: unknown[] = [];
  const { handle } = setUp(({ stamps, stampedHeaders, replacedTaskNesting }) => {
    told.push({ stamps, stampedHeaders, replacedTaskNesting });
  });
  await handle({ stampedHeaders: ['tenant'], stamps: { tenant: 'acme', other: 1 }, replacedTaskNesting: 2 });
  await handle({ id: 'task-2' });
  expect(told).toEqual([
    { stamps: { tenant: 'acme' }, stampedHeaders: ['tenant'], replacedTaskNesting: 2 },
    { stamps: {}, stampedHeaders: [], replacedTaskNesting: 0 },
  ]);
});
