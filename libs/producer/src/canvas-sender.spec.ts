import { chain, chord, group, signature, type PublishOptions, type ResultTuple, type TaskMessage } from '#celery';
import { describe, expect, it } from 'vitest';
import { AsyncResult } from './async-result.js';
import type { CanvasDeps } from './canvas-sender.js';
import { GroupResult } from './group-result.js';
import { Producer, type ParentTask } from './producer.js';

const NOW = Date.UTC(2030, 0, 1);

/** A producer that keeps what it sends, and fails to send the tasks named `lost`. */
function recording(parent?: ParentTask) {
  const sent: [TaskMessage, PublishOptions | undefined][] = [];
  const producer = new Producer({
    publisher: {
      publish: async (message, options) => {
        if (message.headers.task === 'lost') throw new Error('not accepted');
        sent.push([message, options]);
      },
    },
    clock: { now: () => NOW, monotonic: () => 0, setTimeout: () => ({ cancel: () => undefined }) },
    origin: 'gen1@host',
    route: ({ name, queue }) => ({ queue: queue ?? `of-${name}` }),
    ...(parent && { currentTask: () => parent }),
  });
  const deps: CanvasDeps = { results: undefined, defaultsOf: (task) => (task === 'limited' ? { timeLimit: 9 } : {}) };
  return {
    sent,
    send: (canvas: Parameters<Producer['sendSignature']>[0], options = {}, more: Partial<CanvasDeps> = {}) =>
      producer.sendSignature(canvas, options, { ...deps, ...more }),
  };
}

describe('CanvasSender', () => {
  it('makes what is sent inside a task its children', async () => {
    const children: ResultTuple[] = [];
    const parent: ParentTask = { id: 'parent', rootId: 'root', addChild: (child) => void children.push(child) };
    const { sent, send } = recording(parent);
    const last = await send(chain(signature('a'), signature('b')));
    const all = await send(group(signature('a'), signature('b')));
    expect(sent.map(([{ headers }]) => [headers.parentId, headers.rootId])).toEqual(Array(3).fill(['parent', 'root']));
    const [first, ...members] = sent.map(([{ headers }]): ResultTuple => [[headers.id, null], null]);
    expect(children).toEqual([first, [[all.id, null], members]]);
    expect(last).toBeInstanceOf(AsyncResult);
    expect(all).toBeInstanceOf(GroupResult);
  });

  it('gives what comes before the end as its parents', async () => {
    const { sent, send } = recording();
    const ids = ['a', 'b', 'c'];
    const [first, second, third] = ids.map((taskId) => signature(taskId, { taskId, ignoreResult: taskId === 'a' }));
    const last = await send(chain(first!, second!, third!));
    expect(last.asTuple()).toEqual([['c', [['b', [['a', null], null]], null]], null]);
    expect([last, last.parent, last.parent?.parent]).toMatchObject([
      { task: 'c', ignored: false },
      { task: 'b', ignored: false },
      { task: 'a', ignored: true },
    ]);
    expect(sent).toHaveLength(1);
  });

  it('routes each message, and fills in what its task says', async () => {
    const { sent, send } = recording();
    const fair = signature('b', { queue: 'own', groupId: 'g', deduplicationId: 'd', timeLimit: 3 });
    await send(group(signature('limited'), fair));
    expect(sent.map(([{ headers, properties }]) => [properties.deliveryInfo.routingKey, headers.timelimit])).toEqual([
      ['of-limited', [9, null]],
      ['own', [3, null]],
    ]);
    expect(sent.map(([, options]) => options)).toEqual([{}, { messageGroupId: 'g', messageDeduplicationId: 'd' }]);
  });

  it('rejects once all have been tried where one was not accepted', async () => {
    const { sent, send } = recording();
    await expect(send(group(signature('a'), signature('lost'), signature('b')))).rejects.toThrow('not accepted');
    expect(sent.map(([{ headers }]) => headers.task)).toEqual(['a', 'b']);
  });

  it('does not send the last of a header before the store knows its size', async () => {
    const { sent, send } = recording();
    const failing = { chords: { start: async (_: string, { size }: { size?: number }) => fail(size) } } as never;
    await expect(
      send(chord([signature('a'), signature('b')], signature('c')), {}, { results: failing }),
    ).rejects.toThrow('down');
    expect(sent.map(([{ headers }]) => headers.task)).toEqual(['a']);
  });
});

function fail(size: number | undefined): void {
  if (size !== undefined) throw new Error('down');
}
