import { afterAll, beforeAll, expect, it } from 'vitest';
import { drained } from './support/endpoint.js';
import { Fleets, predefined } from './support/fleets.js';
import type { Run } from './support/recorder.js';
import { describeTargets } from './support/targets.js';

const layout = {
  queues: { 'nest.fifo': {}, 'python.fifo': {} },
  pythonQueues: ['python.fifo'],
  python: predefined,
  nest: (urls: Readonly<Record<string, string>>) => ({
    queues: [
      { name: 'nest.fifo', url: urls['nest.fifo']! },
      { name: 'python.fifo', url: urls['python.fifo']!, consume: false },
    ],
  }),
};

describeTargets('FIFO queues', (target) => {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target, layout);
  });
  afterAll(() => fleets?.stop());

  const orderOf = (group: string, runs: readonly Run[]): unknown[] =>
    runs.filter((run) => run.groupId === group).map(({ args }) => args[0]);

  it('from Python to Nest: order within a group', async () => {
    const ids: string[] = [];
    for (const number of [1, 2, 3, 4, 5, 6]) {
      const options = `{'queue': 'nest.fifo', 'MessageGroupId': 'py-${number % 2}'}`;
      ids.push(await fleets.python.send('interop.record', { args: `(${number},)`, options }));
    }
    const runs = await fleets.recorder.until(() => fleets.recorder.runs.filter(({ id }) => ids.includes(id)), 6);
    expect(orderOf('py-1', runs)).toEqual([1, 3, 5]);
    expect(orderOf('py-0', runs)).toEqual([2, 4, 6]);
  });

  it('from Nest to Python: order within a group', async () => {
    const send = async (number: number): Promise<string> => {
      const options = { args: [number], queue: 'python.fifo', groupId: `js-${number % 2}` };
      return (await fleets.tasks.send('interop.record', options)).id;
    };
    const ids = await Promise.all([1, 2, 3, 4, 5, 6].map(send));
    const runs = await fleets.recorder.until(() => fleets.recorder.runs.filter(({ id }) => ids.includes(id)), 6);
    const numbers = runs.map((run) => Number((run.args[0] as { repr: string }).repr));
    expect(numbers.filter((number) => number % 2 === 1)).toEqual([1, 3, 5]);
    expect(numbers.filter((number) => number % 2 === 0)).toEqual([2, 4, 6]);
  });

  it('from Python to Nest: one deduplication id is one task', async () => {
    const options = "{'queue': 'nest.fifo', 'MessageGroupId': 'dedup', 'MessageDeduplicationId': 'py-once'}";
    const first = await fleets.python.send('interop.record', { args: "('once',)", options });
    const second = await fleets.python.send('interop.record', { args: "('once',)", options });
    await fleets.recorder.run(first);
    await drained(fleets.endpoint, fleets.urls['nest.fifo']!);
    expect(fleets.recorder.of(second)).toEqual([]);
  });

  it('from Nest to Python: one deduplication id is one task', async () => {
    const options = { args: ['once'], queue: 'python.fifo', groupId: 'dedup', deduplicationId: 'js-once' };
    const first = await fleets.tasks.send('interop.record', options);
    const second = await fleets.tasks.send('interop.record', options);
    await fleets.recorder.run(first.id);
    await drained(fleets.endpoint, fleets.urls['python.fifo']!);
    expect(fleets.recorder.of(second.id)).toEqual([]);
  });

  it('a retry of Nest keeps its place in the group', async () => {
    const options = "{'queue': 'nest.fifo', 'MessageGroupId': 'retry'}";
    const flaky = await fleets.python.send('interop.flaky', { args: '(2,)', options });
    const next = await fleets.python.send('interop.record', { args: "('next',)", options });
    const ours = (): Run[] => fleets.recorder.runs.filter(({ id }) => id === flaky || id === next);
    const runs = await fleets.recorder.until(ours, 4);
    expect(runs.map(({ task, retries }) => [task, retries])).toEqual([
      ['interop.flaky', 0],
      ['interop.flaky', 1],
      ['interop.flaky', 2],
      ['interop.record', 0],
    ]);
  });

  it("a retry of Python, of a task that Nest sent, runs on kombu's default group", async () => {
    const { id } = await fleets.tasks.send('interop.flaky', { args: [1], queue: 'python.fifo', groupId: 'mine' });
    const runs = await fleets.recorder.until(() => fleets.recorder.of(id), 2);
    expect(runs.map(({ by, retries }) => [by, retries])).toEqual([
      ['python', 0],
      ['python', 1],
    ]);
  });
});
