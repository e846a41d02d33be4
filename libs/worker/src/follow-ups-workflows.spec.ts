import {
  InvalidTaskError,
  chain,
  chord,
  group,
  immutable,
  map,
  signature,
  withOptions,
  type ChordStart,
  type ResultTuple,
  type SignatureJson,
  type TaskMessage,
} from '#celery';
import { MemoryResultStore } from '#backends';
import { describe, expect, it } from 'vitest';
import { vector, wire, type Wire } from './vectors.test-support.js';
import { Bench, FIFO, body, uncounted } from './worker.test-support.js';

type Embed = Partial<TaskMessage['embed']>;

/** Results in memory, and what they are told of chords among what is sent. */
class Store extends MemoryResultStore {
  readonly started: { groupId: string; start: ChordStart; sentBefore: number }[] = [];

  constructor(sent: () => number) {
    super();
    const start = this.chords.start.bind(this.chords);
    this.chords.start = (groupId, given) => {
      this.started.push({ groupId, start: given, sentBefore: sent() });
      return start(groupId, given);
    };
  }
}

function setUp() {
  const holder: { bench?: Bench } = {};
  const store = new Store(() => holder.bench?.sender.published.length ?? 0);
  const bench = new Bench({ stores: { results: store } })
    .task('do', () => 4)
    .task('fail', () => Promise.reject(Error()));
  holder.bench = bench;
  const sent = () => bench.sender.published.map(({ message }) => message);
  return { bench, store, sent };
}

/** Runs a task that returns 4. */
async function follow(embed: Embed, init: Parameters<Bench['handle']>[0] = {}, task = 'do') {
  const { bench, store, sent } = setUp();
  await bench.handle({ body: body({ task, id: 'task-1', rootId: 'root-1', embed }), ...init });
  return { bench, store, sent: sent(), children: (await store.get('task-1'))?.children };
}

function ids(messages: readonly TaskMessage[]): string[] {
  return messages.map(({ headers }) => headers.id);
}

function tuple(id: string, members: readonly ResultTuple[] | null = null): ResultTuple {
  return [[id, null], members];
}

function tuples(messages: readonly TaskMessage[]): ResultTuple[] {
  return ids(messages).map((id) => tuple(id));
}

const [a, b, c] = [signature('a'), signature('b'), signature('c')] as const;

describe('what Celery sends from a worker', () => {
  it.each([
    ['chain_3', ['chain_3.worker.0']],
    ['chain_group_last', ['chain_group_last.worker.0', 'chain_group_last.worker.1']],
    ['chord_in_chain', ['chord_in_chain.worker.0']],
  ])('after %s', async (first, expected) => {
    const { bench, sent } = setUp();
    bench.task('proj.tasks.add', ({ args }) => Number(args[0]) + Number(args[1]));
    const given = vector(first);
    await bench.handle({ body: given.sqs_body });
    const { id } = given.decoded_envelope.headers;
    const root = { root_id: id, lang: 'js', origin: 'celery@test' };
    const theirs = expected.map(vector).map(({ decoded_envelope: { headers }, decoded_body }, index): Wire => {
      // The vectors are of two runs, each with its own ids.
      const text = JSON.stringify(decoded_body).replaceAll(String(headers['root_id']), String(id));
      return { headers: { ...headers, ...root, id: index }, body: JSON.parse(text) };
    });
    const ours = sent().slice(0, expected.length).map(numbered);
    expect(comparable(ours)).toEqual(comparable(theirs));
    expect(ours.map(({ headers }) => headers['parent_id'])).toEqual(ours.map(() => id));
    expect(new Set(ids(sent())).size).toBe(sent().length);
  });
});

describe('a workflow as the next step', () => {
  it('a group: its members get the result and its id', async () => {
    const members = [signature('a', { args: [1] }), immutable(signature('b', { args: [2] }))];
    const { sent, children } = await follow({ chain: [group(...members)] });
    expect(sent.map(({ args }) => args)).toEqual([[4, 1], [2]]);
    const groupId = sent[0]?.headers.group;
    for (const [groupIndex, { headers }] of sent.entries()) {
      expect(headers).toMatchObject({ group: groupId, groupIndex, parentId: 'task-1', rootId: 'root-1' });
    }
    expect(children).toEqual([tuple(String(groupId), tuples(sent))]);
  });

  it('a chain: its first task takes its rest along, and then that of the chain around it', async () => {
    const inner = chain(a, signature('b', { taskId: 'b-1' }));
    const { sent, children } = await follow({ chain: [c, inner] });
    expect(sent).toMatchObject([{ headers: { task: 'a', parentId: 'task-1', rootId: 'root-1' }, args: [4] }]);
    expect(sent[0]?.embed.chain).toMatchObject([{ task: 'c' }, { task: 'b', options: { task_id: 'b-1' } }]);
    expect(children).toEqual(tuples(sent));
  });

  it('a chord: the store knows it before its header is sent, and its body takes the rest along', async () => {
    const { sent, store, children } = await follow({ chain: [c, chord([a, a, a], b)] });
    expect(sent.map(({ args }) => args)).toEqual([[4], [4], [4]]);
    const groupId = String(sent[0]?.headers.group);
    const structure = tuple(groupId, tuples(sent));
    expect(store.started).toEqual([
      { groupId, start: { structure }, sentBefore: 0 },
      { groupId, start: { size: 3 }, sentBefore: 2 },
    ]);
    for (const { embed } of sent) {
      expect(embed).toMatchObject({ chain: null, chord: { task: 'b', options: { chain: [{ task: 'c' }] } } });
    }
    expect(children).toEqual([structure]);
  });

  it('a chord where the store counts none: polled for, on the queue of its body', async () => {
    const bench = new Bench({ stores: { results: uncounted() } }).task('do', () => 4);
    const embed = { chain: [c, chord([a, a], signature('b', { queue: FIFO.name, taskId: 'b-1' }))] };
    await bench.handle({ body: body({ id: 'task-1', embed }) });
    const [unlock, ...header] = bench.sender.published.map(({ message }) => message);
    const callback = { task: 'b', options: { task_id: 'b-1', chain: [{ task: 'c' }] } };
    expect(unlock).toMatchObject({
      headers: { task: 'celery.chord_unlock', ignoreResult: true, eta: expect.any(String) as string },
      properties: { deliveryInfo: { routingKey: FIFO.name } },
      args: [header[0]?.headers.group, callback],
      kwargs: { interval: null, max_retries: null, result: tuples(header) },
    });
    expect(header.map(({ args, embed: { chord: waiting } }) => [args, waiting?.task])).toEqual([
      [[4], 'b'],
      [[4], 'b'],
    ]);
  });

  it('a mapping is a task like any other', async () => {
    const { sent } = await follow({ chain: [{ ...map('a', [1, 2]), subtask_type: 'xmap' }] });
    expect(sent).toMatchObject([{ headers: { task: 'celery.map' }, args: [], kwargs: { it: [1, 2] } }]);
  });

  it('keeps the group of a FIFO queue on the messages that go back to it', async () => {
    const next = group(signature('a', { queue: FIFO.name }), signature('b'));
    const { bench } = await follow({ chain: [next] }, { queue: FIFO, messageGroupId: 'tenant' });
    expect(bench.sender.published.map(({ options }) => options)).toEqual([{ messageGroupId: 'tenant' }, {}]);
  });

  it('is sent with the same ids again, and with others by another attempt', async () => {
    const embed = { callbacks: [group(a, b)], chain: [chord([a, chain(a, b)], group(a, b))] };
    const draw = async (retries: number) => {
      const { sent } = await follow(embed, { body: body({ id: 'task-1', embed, retries }) });
      return sent.flatMap(({ headers, embed: { chord: waiting } }) => [headers.id, headers.group, waiting?.options]);
    };
    const first = await draw(0);
    expect(await draw(0)).toEqual(first);
    expect(await draw(1)).not.toEqual(first);
    expect(new Set(first.filter((id) => typeof id === 'string')).size).toBe(6);
  });
});

describe('workflows as callbacks', () => {
  it.each<[string, SignatureJson, unknown[]]>([
    ['a chain', chain(a, b), ['a']],
    ['a group', group(a, b), ['a', 'b']],
    ['a chord', chord([a, b], c), ['a', 'b']],
    ['an empty group', group(), []],
  ])('%s', async (_what, callback, tasks) => {
    const { sent, children } = await follow({ callbacks: [callback] });
    expect(sent.map(({ headers }) => headers.task)).toEqual(tasks);
    for (const { args } of sent) expect(args).toEqual([4]);
    expect(children).toHaveLength(tasks.length === 0 ? 0 : 1);
  });

  it('among several: groups on their own, the others as one group', async () => {
    const { sent, children } = await follow({ callbacks: [a, group(b, b), chain(c, a), b] });
    expect(sent.map(({ headers: { task, groupIndex } }) => [task, groupIndex])).toEqual([
      ['b', 0],
      ['b', 1],
      ['a', 0],
      // The last task of a chain is the one that belongs to the group.
      ['c', null],
      ['b', 2],
    ]);
    expect(children?.map(([, members]) => members?.length)).toEqual([2, 3]);
  });

  it('and the next step of the chain are the children of a task', async () => {
    const { sent, children } = await follow({ callbacks: [a], chain: [b] });
    expect(sent.map(({ headers }) => headers.task)).toEqual(['a', 'b']);
    expect(children).toEqual(tuples(sent));
  });
});

describe('workflows as errbacks', () => {
  it('get the id of the task that failed, and are no children of it', async () => {
    const { sent, children } = await follow({ errbacks: [chain(a, b), group(c, withOptions(c, {}))] }, {}, 'fail');
    expect(sent.map(({ headers, args }) => [headers.task, args])).toEqual([
      ['a', ['task-1']],
      ['c', ['task-1']],
      ['c', ['task-1']],
    ]);
    expect(children).toEqual([]);
  });
});

/** With its place as its id: what has none of its own gets a random one. */
function numbered(message: TaskMessage, index: number): Wire {
  const { headers, body: decoded } = wire(message);
  return { headers: { ...headers, id: index }, body: decoded };
}

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;

/** Ids by the order in which they are met, in sorted keys. */
function comparable(value: unknown): unknown {
  const seen: string[] = [];
  const text = JSON.stringify(sorted(value)).replaceAll(UUID, (id) => {
    if (!seen.includes(id)) seen.push(id);
    return `id-${seen.indexOf(id)}`;
  });
  return JSON.parse(text);
}

/** Without what only Celery 5.6 gave to a body: an option without a value, and a parent that its last header task replaces. */
function isCompared(name: string, held: unknown): boolean {
  return !(name === 'priority' && held === null) && name !== 'parent_id';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name, held]) => isCompared(name, held));
  return Object.fromEntries(
    entries
      .map(([name, held]) => [name, sorted(held)])
      .toSorted(([one], [two]) => (String(one) < String(two) ? -1 : 1)),
  );
}

describe('a route that looks into the arguments of the next step', () => {
  async function routed(decide: (argument: unknown) => string) {
    const bench = new Bench({
      route: ({ args }) => {
        try {
          return { queue: decide(args[0]) };
        } catch (cause) {
          throw new InvalidTaskError('the route threw', { cause });
        }
      },
    }).task('do', () => 'celery');
    await bench.handle({ body: body({ task: 'do', embed: { chain: [signature('next')] } }) });
    return bench;
  }

  it('is believed once the result is among them', async () => {
    const bench = await routed((argument) => (argument as string).toLowerCase());
    expect(bench.names()).toContain('succeeded');
    expect(bench.sender.published.map(({ message }) => message.headers.task)).toEqual(['next']);
  });

  it('fails the task where it throws even then', async () => {
    const bench = await routed(() => {
      throw new TypeError('no such tenant');
    });
    expect(bench.payload('failed')).toMatchObject({ error: { message: 'the route threw' } });
    expect(bench.actions).toContain('acknowledge');
  });
});
