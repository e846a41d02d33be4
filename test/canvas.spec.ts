import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  AsyncResult,
  GroupResult,
  MemoryResultStore,
  Task,
  chain,
  chord,
  chunks,
  defineTask,
  group,
  immutable,
  link,
  linkError,
  map,
  signature,
  stamp,
  withOptions,
  type ChordStart,
  type ResultStore,
  type SignatureJson,
  type TaskProducer,
} from 'nestjs-sqs-celery';
import { Injectable } from '@nestjs/common';
import { startApp, type RunningApp } from './nest.test-support.js';

const add = defineTask<{ args: [x: number, y: number]; result: number }>('add', { queue: 'sums', expires: 60 });
const total = defineTask<{ args: [numbers: number[]]; result: string }>('total');
const plus = (...args: unknown[]) => signature(add, { args });

@Injectable()
class Tasks {
  @Task('known', { queue: 'sums', timeLimit: 30 })
  known(): void {}
}

interface Sent {
  readonly headers: Record<string, unknown>;
  readonly properties: { readonly delivery_info: { readonly routing_key: string } };
  readonly body: [unknown[], Record<string, unknown>, Record<string, unknown>];
}

/** Starts an application that only sends, with these results. */
async function producerOnly(resultBackend?: ResultStore): Promise<RunningApp> {
  const queue = (name: string) => ({ name, consume: false });
  return startApp({
    providers: [Tasks],
    options: {
      queues: [queue('celery'), queue('sums'), queue('a.fifo')],
      ...(resultBackend && { resultBackend }),
    },
  });
}

/** How many messages of a queue were looked at already. */
const seen = new WeakMap<RunningApp, Map<string, number>>();

/** The new messages of a queue, as any other client would read them. */
function sentTo(running: RunningApp, queue: string): Sent[] {
  const counts = seen.get(running) ?? new Map<string, number>();
  seen.set(running, counts);
  const { messages } = running.sqs.queue(queue);
  const before = counts.get(queue) ?? 0;
  counts.set(queue, messages.length);
  return messages.slice(before).map(({ body }) => {
    const envelope = JSON.parse(Buffer.from(body, 'base64').toString('utf8')) as Sent & { body: string };
    return { ...envelope, body: JSON.parse(Buffer.from(envelope.body, 'base64').toString('utf8')) as Sent['body'] };
  });
}

/** Counts no chords itself. */
function uncounted(store: MemoryResultStore): ResultStore {
  return {
    store: (meta) => store.store(meta),
    get: (id) => store.get(id),
    forget: (id) => store.forget(id),
    close: () => store.close(),
  };
}

describe('send of a signature', () => {
  let running: RunningApp;
  let tasks: TaskProducer;
  const store = new MemoryResultStore();
  const started: [groupId: string, start: ChordStart & { sent: number }][] = [];
  const counting: ResultStore = {
    ...uncounted(store),
    chords: {
      start: (groupId, start) => {
        started.push([groupId, { ...start, sent: running.sqs.queue('sums').messages.length }]);
      },
      report: (part) => store.chords.report(part),
      end: (part, ending) => store.chords.end(part, ending),
    },
  };
  beforeAll(async () => {
    running = await producerOnly(counting);
    ({ tasks } = running);
  });
  afterAll(() => running[Symbol.asyncDispose]());

  it('sends the first task of a chain, with the others to follow it', async () => {
    const sent = await tasks.send(chain(plus(1, 2), plus(3), signature(total)), { countdown: 10, taskId: 'last' });
    expectTypeOf(sent).toEqualTypeOf<AsyncResult<string>>();
    expect(sent).toMatchObject({ id: 'last', task: 'total' });
    const [first, ...others] = sentTo(running, 'sums');
    expect(others).toEqual([]);
    expect(first?.headers).toMatchObject({ task: 'add', root_id: first?.headers['id'], parent_id: null });
    expect(first?.headers['eta']).not.toBeNull();
    expect(first?.headers['expires']).not.toBeNull();
    expect(first?.body[2]).toMatchObject({
      chain: [
        { task: 'total', options: { task_id: 'last' } },
        { task: 'add', args: [3], options: { queue: 'sums', expires: 60 } },
      ],
    });
  });

  it('sends the members of a group, each to its queue, and gives their results', async () => {
    const sent = await tasks.send(group(plus(1, 2), signature(total), group(signature('known'))));
    expectTypeOf(sent).toEqualTypeOf<GroupResult<readonly [number, string, readonly [unknown]]>>();
    const messages = [...sentTo(running, 'sums'), ...sentTo(running, 'celery')];
    expect(messages.map(({ headers }) => headers['group'])).toEqual([sent.id, sent.id, sent.id]);
    expect(messages.map(({ headers }) => headers['task'])).toEqual(['add', 'known', 'total']);
    expect(messages[1]?.headers['timelimit']).toEqual([30, null]);
    expect(new Set(messages.map(({ headers }) => headers['id']))).toEqual(new Set(sent.results.map(({ id }) => id)));
    expect(sent.asTuple()).toEqual([[sent.id, null], sent.results.map(({ id }) => [[id, null], null])]);
  });

  it('tells the store of a chord before the first message and before the last', async () => {
    started.length = 0;
    const before = running.sqs.queue('sums').messages.length;
    const sent = await tasks.send(chord([plus(1, 2), plus(3, 4), plus(5, 6)], signature(total)));
    expectTypeOf(sent).toEqualTypeOf<AsyncResult<string>>();
    const messages = sentTo(running, 'sums');
    const ids = messages.map(({ headers }) => headers['id']);
    const { group: groupId } = messages[0]?.headers ?? {};
    expect(started).toEqual([
      [groupId, { structure: [[groupId, null], ids.map((id) => [[id, null], null])], sent: before }],
      [groupId, { size: 3, sent: before + 2 }],
    ]);
    for (const { body } of messages) expect(body[2]).toMatchObject({ chord: { options: { task_id: sent.id } } });
  });

  it('sends a task of its own for each chunk', async () => {
    const sent = await tasks.send(
      chunks(
        add,
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        2,
      ),
    );
    expectTypeOf(sent).toEqualTypeOf<GroupResult<readonly (readonly number[])[]>>();
    const messages = sentTo(running, 'celery');
    expect(messages.map(({ headers }) => headers['task'])).toEqual(['celery.starmap', 'celery.starmap']);
    await tasks.send(map('known', [1, 2]));
    expect(sentTo(running, 'sums').map(({ headers }) => headers['task'])).toEqual(['celery.map']);
  });

  it('sends a single signature with what is added to it', async () => {
    const one = linkError(link(stamp(plus(2), { tenant: 'acme' }), signature(total)), signature('failed'));
    const sent = await tasks.send(withOptions(one, { shadow: 'shown', groupId: 'fair' }), {
      args: [1],
      taskId: 'one',
      rootId: 'root',
      parentId: 'parent',
    });
    expect(sent).toBeInstanceOf(AsyncResult);
    expect(running.sqs.queue('sums').messages.at(-1)).toMatchObject({ groupId: 'fair' });
    expect(sentTo(running, 'sums')).toMatchObject([
      {
        headers: {
          id: 'one',
          root_id: 'root',
          parent_id: 'parent',
          shadow: 'shown',
          stamped_headers: ['tenant'],
          stamps: { tenant: 'acme' },
        },
        body: [[1, 2], {}, { callbacks: [{ task: 'total' }], errbacks: [{ task: 'failed' }] }],
      },
    ]);
    await tasks.send(immutable(plus(7, 8)), { args: [1] });
    expect(sentTo(running, 'sums')[0]?.body[0]).toEqual([7, 8]);
  });

  it('sends nothing where a message cannot be made', async () => {
    const misrouted: SignatureJson = signature('x', { queue: 'unknown' });
    await expect(tasks.send(group(plus(1, 2), misrouted))).rejects.toMatchObject({
      code: 'SQS_CELERY_UNDEFINED_QUEUE',
    });
    await expect(tasks.send(group(plus(1, 2)), { typo: 1 } as object)).rejects.toThrow("unknown option 'typo'");
    await expect(tasks.send({ subtask_type: null } as never)).rejects.toThrow('a task or a signature');
    const same = withOptions(group(plus(1), plus(2)), { queue: 'a.fifo', deduplicationId: 'same' });
    await expect(tasks.send(same)).rejects.toThrow('must not share a deduplicationId');
    expect([...sentTo(running, 'sums'), ...sentTo(running, 'a.fifo')]).toEqual([]);
  });

  it('waits for all members of a group', async () => {
    const sent = await tasks.send(group(plus(1, 2), plus(3, 4)));
    const [first, second] = sent.results.map(({ id }) => id);
    const done = (taskId: string | undefined, status: string, result: unknown) =>
      store.store({ taskId: taskId ?? '', status, result, traceback: null, children: null, dateDone: null });
    await done(first, 'SUCCESS', 3);
    expect([await sent.ready(), await sent.completedCount()]).toEqual([false, 1]);
    const value = sent.get();
    await done(second, 'SUCCESS', 7);
    expect(await value).toEqual([3, 7]);
    expect([await sent.ready(), await sent.successful(), await sent.failed()]).toEqual([true, true, false]);
    await sent.forget();
    const { results } = sent;
    const reason = new Error('enough');
    const unready = new GroupResult(sent.id, results).get({ signal: AbortSignal.abort(reason) });
    await expect(unready).rejects.toBe(reason);
    await done(second, 'FAILURE', { excType: 'ValueError', excMessage: ['no'], excModule: 'builtins' });
    // The first is not waited for.
    await expect(sent.get()).rejects.toThrow('no');
  });
});

describe('send of a chord', () => {
  it('has the end polled for where the store does not count', async () => {
    await using running = await producerOnly(uncounted(new MemoryResultStore()));
    await running.tasks.send(chord([plus(1, 2), plus(3, 4)], signature('known')));
    const [unlock, ...header] = sentTo(running, 'sums');
    expect(unlock?.headers).toMatchObject({ task: 'celery.chord_unlock', ignore_result: true });
    expect(unlock?.headers['eta']).not.toBeNull();
    expect(header).toHaveLength(2);
  });

  it('is refused without a result backend, in the words of Celery', async () => {
    await using running = await producerOnly();
    const refused = running.tasks.send(chord([plus(1, 2)], signature(total)));
    await expect(refused).rejects.toThrow('Starting chords requires a result backend to be configured.');
    expect(sentTo(running, 'sums')).toEqual([]);
  });
});
