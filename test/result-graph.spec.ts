import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  AsyncResult,
  GroupResult,
  InvalidTaskError,
  MemoryResultStore,
  MemoryRevocationStore,
  Task,
  TaskProducer,
  chain,
  chord,
  defineTask,
  group,
  signature,
  type MemberResult,
} from 'nestjs-sqs-celery';
import { startApp, type RunningApp } from './nest.test-support.js';

const addition = defineTask<{ args: [x: number, y: number]; result: number }>('add');
const total = defineTask<{ args: [numbers: number[]]; result: number }>('total');
const add = (...args: unknown[]) => signature(addition, { args });

/** Longer than any of this takes on a busy machine. */
const timeoutMs = 10_000;

@Injectable()
class Tasks {
  constructor(private readonly producer: TaskProducer) {}

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

  /** Sends a chain, and returns its result. */
  @Task('delegates')
  async delegates(): Promise<AsyncResult<number>> {
    return this.producer.send(chain(add(1, 1), group(add(2), add(3)), signature(total)));
  }
}

const revocations = new MemoryRevocationStore();
let running: RunningApp;
let tasks: TaskProducer;
beforeAll(async () => {
  const stores = { resultBackend: new MemoryResultStore(), revocations };
  running = await startApp({ providers: [Tasks], options: { queues: ['celery'], ...stores } });
  ({ tasks } = running);
});
afterAll(() => running[Symbol.asyncDispose]());

/** Ids of a result and of what comes before it. */
function withParents(result: MemberResult | null): string[] {
  return result ? [result.id, ...withParents(result.parent)] : [];
}

describe('what comes before a result', () => {
  it('is the step before in a chain, each with its own result', async () => {
    const steps = ['one', 'two', 'three'].map((taskId, index) =>
      signature(addition, { args: index === 0 ? [1, 1] : [1], taskId }),
    );
    const [one, two, three] = steps;
    const sent = await tasks.send(chain(one!, two!, three!));
    expectTypeOf(sent).toEqualTypeOf<AsyncResult<number>>();
    expect(withParents(sent)).toEqual(['three', 'two', 'one']);
    expect([await sent.get({ timeoutMs }), await sent.parent?.get(), await sent.parent?.parent?.get()]).toEqual([
      4, 3, 2,
    ]);
    expect(await tasks.asyncResult('three').parentId()).toBe('two');
  });

  it('is the header of a chord, and what comes before that', async () => {
    const sent = await tasks.send(chain(add(1, 1), chord([add(1), add(2)], signature(total)), add(5)));
    expect(await sent.get({ timeoutMs })).toBe(12);
    const body = sent.parent;
    const header = body?.parent;
    expect(header).toBeInstanceOf(GroupResult);
    expect([await body?.get(), await header?.get(), await header?.parent?.get()]).toEqual([7, [3, 4], 2]);
  });

  it('comes before a group at the end of a chain', async () => {
    const sent = await tasks.send(chain(add(1, 1), group(add(1), add(2))));
    expect(await sent.get({ timeoutMs })).toEqual([3, 4]);
    expect(await sent.parent?.get()).toBe(2);
  });
});

describe('a group behind a task that has failed', () => {
  it('is not waited for', async () => {
    const sent = await tasks.send(chain(signature('fails'), group(add(1, 2), add(3, 4))));
    await sent.parent?.get({ propagate: false, timeoutMs });
    await expect(sent.get({ timeoutMs })).rejects.toThrow('too large');
  });
});

describe('collect', () => {
  it('follows all that came of a task', async () => {
    const sent = await tasks.send('delegates');
    const values: unknown[] = [];
    for await (const [, value] of sent.collect({ timeoutMs })) values.push(value);
    // The tuple that the task has returned, the first of its chain, the group that this has sent, and its members.
    expect(values).toEqual([expect.any(Array), 2, [4, 5], 4, 5]);
    const returned = tasks.resultFromTuple(values[0]);
    expect(await returned.get({ timeoutMs })).toBe(9);
    expect(returned.parent).toBeInstanceOf(GroupResult);
    expect(await returned.parent?.parent?.get()).toBe(2);
    expect(() => tasks.resultFromTuple('no tuple')).toThrow(InvalidTaskError);
  });
});

describe('a group that was saved', () => {
  it('is restored by its id until it is deleted', async () => {
    const sent = await tasks.send(group(add(1, 2), add(3, 4)));
    await sent.save();
    const restored = await tasks.restoreGroup<readonly [number, number]>(sent.id);
    expectTypeOf(restored).toEqualTypeOf<GroupResult<readonly [number, number]> | undefined>();
    expect(await restored?.get({ timeoutMs })).toEqual([3, 7]);
    const inTurn: unknown[] = [];
    for await (const [, value] of sent.iterate({ timeoutMs })) inTurn.push(value);
    expect(new Set(inTurn)).toEqual(new Set([3, 7]));
    await restored?.delete();
    expect(await tasks.restoreGroup(sent.id)).toBeUndefined();
    await expect(tasks.restoreGroup('')).rejects.toThrow(InvalidTaskError);
  });

  it('is revoked as a whole', async () => {
    const sent = await tasks.send(group(add(1, 2), add(3, 4)), { countdown: 600 });
    await sent.save();
    await (await tasks.restoreGroup(sent.id))?.revoke({ terminate: true });
    const revoked = await revocations.revoked(sent.results.map(({ id }) => id));
    expect([...revoked.values()]).toMatchObject([{ terminate: true }, { terminate: true }]);
  });
});
