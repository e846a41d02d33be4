import { signature } from 'nestjs-sqs-celery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleets } from './support/fleets.js';
import { noRedis } from './support/redis.js';
import { describeTargets, only } from './support/targets.js';

describeTargets('what follows a task', (target) => {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target);
  });
  afterAll(() => fleets?.stop());

  it('a chain of Python goes from Nest to Python and back to Nest, each step with the result of the last', async () => {
    const step = (id: string, queue: string) =>
      `signature('interop.record', args=('${id}',), queue='${queue}', task_id='${id}')`;
    const first = await fleets.python.send('interop.record', {
      args: "('a', 'b')",
      options: `{'queue': 'nest', 'chain': [${step('step-3', 'nest')}, ${step('step-2', 'python')}]}`,
    });
    expect(await fleets.recorder.run(first)).toMatchObject({ by: 'nest', args: ['a', 'b'] });
    expect(await fleets.recorder.run('step-2')).toMatchObject({
      by: 'python',
      rootId: first,
      parentId: first,
      args: [{ repr: '2' }, { repr: "'step-2'" }],
    });
    expect(await fleets.recorder.run('step-3')).toMatchObject({
      by: 'nest',
      rootId: first,
      parentId: 'step-2',
      args: [2, 'step-3'],
    });
  });

  it('callbacks that Python names are sent by Nest', async () => {
    const link = "[signature('interop.record', queue='python', task_id='callback-1')]";
    const id = await fleets.python.send('interop.record', {
      args: "('a',)",
      options: `{'queue': 'nest', 'link': ${link}}`,
    });
    expect(await fleets.recorder.run('callback-1')).toMatchObject({
      by: 'python',
      parentId: id,
      rootId: id,
      args: [{ repr: '1' }],
    });
  });

  it('callbacks that Nest names are sent by Python', async () => {
    const link = signature('interop.record', { queue: 'nest', taskId: 'callback-2', args: ['own'] });
    const { id } = await fleets.tasks.send('interop.record', { args: [1, 2, 3], queue: 'python', link });
    expect(await fleets.recorder.run('callback-2')).toMatchObject({ by: 'nest', parentId: id, args: [3, 'own'] });
  });

  it('errbacks get the id of the task that failed, whoever runs it', async () => {
    const errback = "[signature('interop.record', queue='python', task_id='errback-1')]";
    const failing = await fleets.python.send('interop.flaky', {
      args: '(99,)',
      options: `{'queue': 'nest', 'link_error': ${errback}}`,
    });
    expect(await fleets.recorder.run('errback-1')).toMatchObject({
      by: 'python',
      parentId: failing,
      args: [{ repr: `'${failing}'` }],
    });
    const linkError = signature('interop.record', { queue: 'nest', taskId: 'errback-2' });
    const { id } = await fleets.tasks.send('interop.flaky', { args: [99], queue: 'python', linkError });
    expect(await fleets.recorder.run('errback-2')).toMatchObject({ by: 'nest', args: [id] });
  });
});

describeTargets(
  'workflows that the worker of a task goes on with',
  (target) => workflows(target),
  ['LocalSqs'],
  noRedis,
);

function workflows(target: Parameters<typeof Fleets.start>[0]): void {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target, { results: true });
  });
  afterAll(() => fleets?.stop());

  /** A task that returns how many arguments it got: `own`, and the result before it. */
  const counting = (queue: string, own: number, more = ''): string =>
    `signature('interop.record', args=(${'0,'.repeat(own)}), queue='${queue}'${more})`;
  const both = (own: number): string => `group(${counting('nest', own)}, ${counting('python', own)})`;

  /** Sends a workflow by Python, and waits for its end. What came before the end is told last first. */
  async function run(canvas: string): Promise<{ end: string; before: readonly string[] }> {
    const [end, ...before] = await fleets.python.apply(canvas);
    return { end: end!, before };
  }

  describe.each(['python', 'nest'])('in %s', (fleet) => {
    it('a group at the end', async () => {
      const ids = ['nest', 'python'].map((queue) => ({ queue, id: `${fleet}-group-${queue}` }));
      const members = ids.map(({ queue, id }) => counting(queue, 2, `, task_id='${id}'`));
      const { end, before } = await run(`chain(${counting(fleet, 1)}, group(${members.join(', ')}))`);
      for (const { id, queue } of ids) {
        expect(await fleets.recorder.run(id)).toMatchObject({ by: queue, rootId: before[0], parentId: before[0] });
        expect(await fleets.python.look(id, 'SUCCESS')).toMatchObject({ result: { repr: '3' } });
      }
      expect(await fleets.python.look(before[0]!, 'SUCCESS')).toMatchObject({ children: [end] });
    });

    it('a chord, and what follows it', async () => {
      const rest = `${counting(fleet, 1)}, ${counting('python', 2)}, ${both(1)}, ${counting('nest', 3)}`;
      const { end, before } = await run(`chain(${counting(fleet, 1)}, ${both(2)}, ${rest})`);
      expect(await fleets.python.get(end)).toMatchObject({ value: { repr: '4' } });
      expect(fleets.recorder.of(end)).toHaveLength(1);
      expect(await fleets.recorder.run(end)).toMatchObject({ rootId: before.at(-1) });
      expect(await fleets.python.look(before.at(-1)!)).toMatchObject({ children: [before.at(-2)] });
    });

    // Celery 5.3 waits for ids that it has given to nobody.
    it.each(only(target, '5.7.0'))('a group at the end of a chain in the header of a chord (Celery %s)', async () => {
      const inner = `chain(${counting(fleet, 0)}, ${both(1)})`;
      const { end } = await run(`chord([${inner}, ${counting('nest', 5)}], ${counting(fleet, 1)})`);
      expect(await fleets.python.get(end)).toMatchObject({ value: { repr: '2' } });
    });
  });

  it('workflows as callbacks and errbacks', async () => {
    const last = (id: string): string => counting('python', 4, `, task_id='${id}'`);
    const callback = `chain(${counting('nest', 1)}, ${both(1)}, ${last('linked')})`;
    await fleets.python.apply(counting('nest', 1, `, link=[${callback}], link_error=[${last('never')}]`));
    expect(await fleets.python.get('linked')).toMatchObject({ value: { repr: '5' } });
    const failing = `signature('interop.flaky', args=(99,), queue='nest')`;
    await fleets.python.apply(`${failing}.on_error(chain(${counting('nest', 1)}, ${last('failed')}))`);
    expect(await fleets.python.get('failed')).toMatchObject({ value: { repr: '5' } });
    expect(fleets.recorder.of('never')).toEqual([]);
  });
}
