import { chunks, signature, type SignatureJson } from '#celery';
import { MemoryResultStore } from '#backends';
import { describe, expect, it } from 'vitest';
import { Bench, body } from '../worker.test-support.js';

type Spec = Parameters<typeof body>[0];

async function run(spec: Spec, stores = { results: new MemoryResultStore() }) {
  const bench = new Bench({ stores }).task('do', () => undefined);
  await bench.handle({ body: body({ id: 'task-1', rootId: 'root-1', ...spec }) });
  const sent = bench.sender.published.map(({ message }) => message);
  return { bench, sent, stored: await stores.results?.get('task-1') };
}

const sum = signature('sum');
const [one, two] = [signature('add', { args: [1], taskId: 'one' }), signature('add', { args: [2], taskId: 'two' })];
const failure = (excType: string, ...excMessage: unknown[]) => ({ status: 'FAILURE', result: { excType, excMessage } });

describe('celery.chunks', () => {
  const { task, kwargs } = chunks('add', [[1], [2], [3]], 2);

  it('sends a celery.starmap for each chunk, and returns their group', async () => {
    const { sent, stored } = await run({ task, kwargs });
    expect(sent.map((message) => [message.headers.task, message.kwargs['it']])).toEqual([
      ['celery.starmap', [[1], [2]]],
      ['celery.starmap', [[3]]],
    ]);
    const [first] = sent;
    expect(first?.headers).toMatchObject({ groupIndex: 0, parentId: 'task-1', rootId: 'root-1' });
    const group = [[first?.headers.group, null], sent.map(({ headers: { id } }) => [[id, null], null])];
    expect(stored).toMatchObject({ status: 'SUCCESS', result: group, children: [group] });
  });

  it('sends the same ids at each delivery, and others at each call in one', async () => {
    const idsOf = async (spec: Spec) => (await run(spec)).sent.map(({ headers }) => headers.id);
    expect(await idsOf({ task, kwargs })).toEqual(await idsOf({ task, kwargs }));
    const { it } = kwargs;
    const twice = [sum, it, 2];
    const ids = await idsOf({ task: 'celery.starmap', kwargs: { task: signature(task), it: [twice, twice] } });
    expect(new Set(ids).size).toBe(4);
  });

  it.each([
    [{ task: sum, it: [] }, "chunks() missing 1 required positional argument: 'n'"],
    [{ task: 5, it: [], n: 1 }, 'chunks(): task must be a signature'],
    [{ task: sum, it: 5, n: 1 }, 'chunks(): it must be a list'],
  ])('fails with arguments that do not fit: %j', async (given, message) => {
    expect((await run({ task, kwargs: given })).stored).toMatchObject(failure('TypeError', message));
  });
});

const result = [
  ['group-1', null],
  [
    [['one', null], null],
    [['two', null], null],
  ],
];
const grouped = { tasks: [one, two], result, group_id: 'group-1', partial_args: [7] };

describe('celery.group', () => {
  it('sends the members, with the partial arguments before their own, and returns the given result', async () => {
    const { sent, stored } = await run({ task: 'celery.group', kwargs: grouped });
    expect(sent.map(({ headers: { id, group }, args }) => ({ id, group, args }))).toEqual([
      { id: 'one', group: 'group-1', args: [7, 1] },
      { id: 'two', group: 'group-1', args: [7, 2] },
    ]);
    expect(stored).toMatchObject({ status: 'SUCCESS', result, children: [result] });
  });

  it('is handed back where the queue of a member is not ours', async () => {
    const tasks = [one, signature('add', { queue: 'other' })];
    const { bench, sent } = await run({ task: 'celery.group', kwargs: { ...grouped, tasks } });
    expect(bench.payload('notMine')).toMatchObject({ reason: 'Workflow', action: 'handedBack' });
    expect(sent).toEqual([]);
  });

  it('has no children where it is told so', async () => {
    const { stored } = await run({ task: 'celery.group', kwargs: { ...grouped, add_to_parent: false } });
    expect(stored).toMatchObject({ result, children: [] });
  });

  it.each([
    [{ ...grouped, result: 'none' }, 'group(): result must be that of a group'],
    [{ ...grouped, tasks: [5] }, 'group(): tasks must be a signature'],
    [{ ...grouped, partial_args: 1 }, 'partial_args must be a list'],
  ])('fails with arguments that do not fit: %#', async (given, message) => {
    expect((await run({ task: 'celery.group', kwargs: given })).stored).toMatchObject(failure('TypeError', message));
  });
});

describe('celery.chord', () => {
  const header: readonly SignatureJson[] = [one, two];

  it('starts the chord, sends its header, and returns the result of its body', async () => {
    const given = { header, body: sum, partial_args: [7], kwargs: { by: 2 }, interval: 1 };
    const { sent, stored } = await run({ task: 'celery.chord', kwargs: given });
    expect(sent.map(({ headers: { id }, args, kwargs }) => ({ id, args, kwargs }))).toEqual([
      { id: 'one', args: [7, 1], kwargs: { by: 2 } },
      { id: 'two', args: [7, 2], kwargs: { by: 2 } },
    ]);
    const chord = sent[0]?.embed.chord;
    const parts = [
      [sent[0]?.headers.group, null],
      [
        [['one', null], null],
        [['two', null], null],
      ],
    ];
    expect(chord?.task).toBe('sum');
    expect(stored).toMatchObject({ result: [[chord?.options['task_id'], parts], null], children: [parts] });
  });

  it('is handed back where nobody counts', async () => {
    const bench = new Bench();
    await bench.handle({ body: body({ task: 'celery.chord', args: [header, sum] }) });
    expect(bench.payload('notMine')).toMatchObject({ reason: 'Workflow', action: 'handedBack' });
  });
});

it('celery.chain is not a task, as in Celery', async () => {
  const { stored } = await run({ task: 'celery.chain', kwargs: { tasks: [one, two] } });
  expect(stored).toMatchObject(failure('NotImplementedError', 'chain is not a real task'));
});
