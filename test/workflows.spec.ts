import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MemoryResultStore,
  Task,
  TaskContext,
  TaskRequest,
  chain,
  chord,
  defineTask,
  group,
  immutable,
  link,
  linkError,
  signature,
  type AsyncResult,
  type SignatureJson,
} from 'nestjs-sqs-celery';
import { startApp, type RunningApp } from './nest.test-support.js';

const addition = defineTask<{ args: [x: number, y: number]; result: number }>('add');
const total = defineTask<{ args: [numbers: number[]]; result: number }>('total');
const noted = defineTask<{ args: [value: unknown, where: string]; result: unknown }>('noted');

/** What `noted` was called with, by the place it was told. */
const notes = new Map<string, unknown[]>();

@Injectable()
class Tasks {
  @Task('add')
  add(x: number, y: number): number {
    return x + y;
  }

  @Task('total')
  total(numbers: readonly number[]): number {
    return numbers.reduce((sum, one) => sum + one, 0);
  }

  @Task('fails')
  fails(): never {
    throw new RangeError('too large');
  }

  @Task('noted')
  noted(value: unknown, where: string, @TaskContext() request: TaskRequest): unknown {
    notes.set(where, [...(notes.get(where) ?? []), value]);
    return request.rootId;
  }
}

const add = (...args: unknown[]) => signature(addition, { args });
const sum = () => signature(total);
const note = (where: string) => signature(noted, { args: [where] });

let running: RunningApp;
let store: MemoryResultStore;

beforeAll(async () => {
  store = new MemoryResultStore();
  running = await startApp({ providers: [Tasks], options: { queues: [{ name: 'celery' }], resultBackend: store } });
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
});

/** The value of a workflow that workers of this application run alone. */
async function valueOf(workflow: SignatureJson): Promise<unknown> {
  const sent = (await running.tasks.send(workflow)) as AsyncResult;
  return sent.get({ timeoutMs: 20_000 });
}

describe('a workflow that goes on in the worker', () => {
  it.each<[string, SignatureJson, unknown]>([
    ['a group in the middle of a chain', chain(add(1, 1), group(add(2), add(3)), sum()), 9],
    ['a group at the end of a chain', chain(add(1, 1), group(add(2), add(3))), [4, 5]],
    // As Celery leaves the members of the inner one.
    ['a group within a group', chain(add(1, 1), group(add(2), group(add(3), add(4)))), [4, 6, 5]],
    ['a chord in a chain, and more after it', chain(add(1, 1), chord([add(2), add(3)], sum()), add(10)), 19],
    ['two chords in a chain', chain(add(1, 1), group(add(2), add(3)), sum(), group(add(4), add(5)), sum()), 27],
    ['chains as members', chain(add(1, 1), group(chain(add(2), add(3)), chain(add(4), add(5)))), [7, 11]],
    [
      'a chord whose body is a chain with a group in it',
      chain(add(1, 1), chord([add(2), add(3)], chain(sum(), group(add(1), add(2)), sum())), add(100)),
      121,
    ],
    ['steps that take no result', chain(add(1, 1), immutable(group(add(2, 2), add(3, 3))), sum()), 10],
    ['an empty group', chain(add(1, 1), group(), add(3)), 5],
  ])('%s', async (_what, workflow, value) => {
    expect(await valueOf(workflow)).toEqual(value);
  });

  it('results of two levels reach the body as such', async () => {
    const header = [chain(add(1), group(add(1), add(2))), add(10)];
    await valueOf(chain(add(0, 1), chord(header, note('levels'))));
    expect(notes.get('levels')).toEqual([[[3, 4], 11]]);
  });

  it('callbacks that are workflows', async () => {
    const callback = chain(add(1), group(add(10), add(20)), sum(), note('callback'));
    const sent = (await running.tasks.send(
      link(link(add(1, 1), callback), group(note('one'), note('two'))),
    )) as AsyncResult;
    expect(await sent.get()).toBe(2);
    await expect.poll(() => [notes.get('callback'), notes.get('one'), notes.get('two')]).toEqual([[36], [2], [2]]);
  });

  it('errbacks that are workflows', async () => {
    const errback = chain(note('failed'), add(1));
    const sent = (await running.tasks.send(linkError(signature('fails'), errback))) as AsyncResult;
    await expect(sent.get()).rejects.toThrow('too large');
    await expect.poll(() => notes.get('failed')).toEqual([sent.id]);
  });

  it('a failure in a chord ends what waits for it', async () => {
    const workflow = chain(add(1, 1), chord([add(2), immutable(signature('fails'))], sum()), add(10));
    await expect(valueOf(workflow)).rejects.toThrow(/raised ValueError\('too large'\)/);
  });

  it('all belong to the first task, and each knows its children', async () => {
    const first = signature(addition, { args: [1, 1], taskId: 'first' });
    const root = await valueOf(chain(first, group(add(2), add(3)), chain(sum(), signature(noted, { args: ['root'] }))));
    expect(root).toBe('first');
    const children = await running.tasks.asyncResult('first').children();
    expect(await Promise.all(children?.map((child) => child.get()) ?? [])).toEqual([[4, 5]]);
  });
});
