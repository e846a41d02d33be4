import { describe, expect, it, vi } from 'vitest';
import { MemoryResultStore } from '#backends';
import { IncompleteStream, RemoteTaskError, TimeoutError, type ResultTuple, type TaskMeta } from '#celery';
import { VirtualClock } from '#sqs-local';
import { AsyncResult, GroupResult, ResultBackend } from './index.js';

function setUp() {
  const clock = new VirtualClock();
  const results = new MemoryResultStore({ clock });
  const backend = new ResultBackend({ results, revocations: undefined, clock });
  const done = (taskId: string, given: Partial<TaskMeta> = {}) =>
    results.store({
      taskId,
      status: 'SUCCESS',
      result: taskId,
      traceback: null,
      children: null,
      dateDone: null,
      ...given,
    });
  const task = (id: string, parent: AsyncResult | GroupResult | null = null) =>
    new AsyncResult(id, { backend, parent });
  return { clock, results, backend, done, task };
}

const error = (message: string) => ({
  status: 'FAILURE',
  result: { excType: 'ValueError', excMessage: [message], excModule: 'builtins' },
});
/** What a promise rejects with. */
function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

const childOf = (id: string): ResultTuple => [[id, null], null];

/** a sends b and a group of c and d; b sends e. */
async function family({ done }: ReturnType<typeof setUp>): Promise<void> {
  await done('a', {
    children: [
      childOf('b'),
      [
        ['g', null],
        [childOf('c'), childOf('d')],
      ],
    ],
  });
  await done('b', { children: [childOf('e')] });
  for (const id of ['c', 'd', 'e']) await done(id, { children: [] });
}

describe('collect', () => {
  it('gives a task, what it has sent, and so on, level by level', async () => {
    const all = setUp();
    await family(all);
    const seen: unknown[] = [];
    for await (const [{ id }, value] of all.task('a').collect()) seen.push([id, value]);
    expect(seen).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['g', ['c', 'd']],
      ['e', 'e'],
      ['c', 'c'],
      ['d', 'd'],
    ]);
    expect(await all.task('a').getLeaf()).toBe('d');
  });

  it('waits for each', async () => {
    const { clock, done, task } = setUp();
    const leaf = task('a').getLeaf();
    await clock.settle();
    await done('a', { children: [childOf('b')] });
    await clock.settle();
    await done('b');
    expect(await leaf).toBe('b');
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends as get does', async () => {
    const { clock, done, task } = setUp();
    await done('a', { children: [childOf('b'), childOf('c')] });
    const late = rejection(task('a').getLeaf({ timeoutMs: 10 }));
    await clock.advance(10);
    expect(await late).toBeInstanceOf(TimeoutError);
    await done('b', error('boom'));
    await done('c');
    await expect(task('a').getLeaf()).rejects.toThrow(RemoteTaskError);
    expect(await task('a').getLeaf({ propagate: false })).toBe('c');
  });
});

describe('iterdeps', () => {
  it('names whose child each is', async () => {
    const all = setUp();
    await family(all);
    const seen: string[] = [];
    for await (const [parent, { id }] of all.task('a').iterdeps()) seen.push(`${parent?.id}>${id}`);
    expect(seen).toEqual(['undefined>a', 'a>b', 'a>g', 'b>e', 'g>c', 'g>d']);
  });

  it('ends at a task that may have more children, unless that is said not to matter', async () => {
    const { done, task } = setUp();
    await done('a', { children: [childOf('b'), childOf('c')] });
    await done('c', { children: [childOf('d')] });
    const read = async (options?: { readonly intermediate: boolean }) => {
      const seen: string[] = [];
      for await (const [, { id }] of task('a').iterdeps(options)) seen.push(id);
      return seen;
    };
    await expect(read()).rejects.toThrow(IncompleteStream);
    await expect(read()).rejects.toMatchObject({ taskId: 'b', code: 'SQS_CELERY_INCOMPLETE_STREAM' });
    expect(await read({ intermediate: true })).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a result with parents', () => {
  it('is a tuple with them, from which it is made again', () => {
    const { backend, task } = setUp();
    const header = new GroupResult('g', [task('b'), task('c')], { backend, parent: task('a') });
    const body = task('d', header);
    const tuple = [
      [
        'd',
        [
          ['g', [['a', null], null]],
          [childOf('b'), childOf('c')],
        ],
      ],
      null,
    ];
    expect(body.asTuple()).toEqual(tuple);
    expect(JSON.parse(JSON.stringify(body))).toEqual(tuple);
    const again = backend.resultFromTuple(body.asTuple());
    expect(again.asTuple()).toEqual(tuple);
    expect(again.parent).toBeInstanceOf(GroupResult);
    expect(again.parent?.parent?.id).toBe('a');
  });

  it.each([
    ['failed', error('boom'), { name: 'ValueError', message: 'boom' }],
    ['was revoked', { status: 'REVOKED', result: null }, { code: 'SQS_CELERY_TASK_REVOKED' }],
  ])('is not waited for once one of them has %s', async (_name, ending, thrown) => {
    const { clock, done, task } = setUp();
    const result = task('c', task('b', task('a')));
    await done('a');
    const refused = rejection(result.get());
    await clock.settle();
    await done('b', ending);
    await clock.advance(10_000);
    expect(await refused).toMatchObject(thrown);
    expect(clock.pendingTimers).toBe(0);
  });

  it('has its own end first, and is asked alone where it has ended', async () => {
    const { results, done, task } = setUp();
    const asked = vi.spyOn(results, 'get');
    await done('a', error('cause'));
    await done('b', error('ChordError'));
    await expect(task('b', task('a')).get()).rejects.toThrow('ChordError');
    expect(asked.mock.calls.flat()).toEqual(['b']);
  });

  it('asks for them from the first on, and only until one has not ended', async () => {
    const { results, clock, backend, done, task } = setUp();
    const asked = vi.spyOn(results, 'get');
    const silent = new AsyncResult('silent', { backend, ignored: true, parent: task('a') });
    const header = new GroupResult('g', [task('b'), task('c')], { backend, parent: silent });
    await done('a');
    const got = task('d', header).get();
    await clock.settle();
    expect(asked.mock.calls.flat()).toEqual(['d', 'a', 'b']);
    await done('b');
    await clock.advance(10_000);
    expect(asked.mock.calls.flat()).toEqual(['d', 'a', 'b', 'd', 'b', 'c']);
    await done('d');
    expect(await got).toBe('d');
  });

  it('is not waited for as a member of a group that will never be sent', async () => {
    const { results, clock, backend, done } = setUp();
    const group = backend.resultFromTuple([
      ['g', childOf('a')],
      [[['c', childOf('b')], null], childOf('d')],
    ]);
    const asked = vi.spyOn(results, 'get');
    const refused = rejection(group.get());
    await clock.settle();
    expect(asked.mock.calls.flat().toSorted((one, other) => one.localeCompare(other))).toEqual(['a', 'c', 'd']);
    await done('a', error('boom'));
    await clock.advance(10_000);
    expect(await refused).toMatchObject({ message: 'boom' });
    expect(clock.pendingTimers).toBe(0);
    expect(group.asTuple()[1]?.[0]).toEqual([['c', childOf('b')], null]);
  });

  it('is waited for whatever becomes of them, where that is said', async () => {
    const { clock, done, task } = setUp();
    await done('a', error('boom'));
    const result = task('b', task('a'));
    const waiting = [result.get({ followParents: false }), result.get({ propagate: false })];
    await clock.advance(20_000);
    await done('b');
    expect(await Promise.all(waiting)).toEqual(['b', 'b']);
  });

  it('is forgotten together with them', async () => {
    const { backend, done, task } = setUp();
    const result = task('c', new GroupResult('g', [task('b', task('a'))], { backend }));
    for (const id of ['a', 'b', 'c']) await done(id);
    expect([await result.get(), await result.exists()]).toEqual(['c', true]);
    await result.forget();
    for (const id of ['a', 'b', 'c']) expect(await task(id).exists()).toBe(false);
    expect(await result.exists()).toBe(false);
  });
});
