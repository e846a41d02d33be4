import { signature } from 'nestjs-sqs-celery';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleets } from './support/fleets.js';
import { describeTargets } from './support/targets.js';

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
