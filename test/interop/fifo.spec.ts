import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleets, predefined } from './support/fleets.js';
import type { Run } from './support/recorder.js';
import { describeTargets } from './support/targets.js';

const layout = {
  queues: { 'nest.fifo': {}, 'python.fifo': {}, 'spare-py.fifo': {}, 'spare-js.fifo': {} },
  pythonQueues: ['python.fifo'],
  python: predefined,
  nest: (urls: Readonly<Record<string, string>>) => ({
    poison: 'block' as const,
    queues: [
      { name: 'nest.fifo', url: urls['nest.fifo']! },
      { name: 'python.fifo', url: urls['python.fifo']!, consume: false },
      { name: 'spare-js.fifo', url: urls['spare-js.fifo']!, consume: false },
    ],
  }),
};

describeTargets('FIFO queues', (target) => {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target, layout);
  });
  afterAll(() => fleets?.stop());

  /** Group and deduplication id of every message on a queue that nobody consumes. */
  async function idsOn(queue: string): Promise<unknown[]> {
    const { Messages = [] } = await fleets.endpoint.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: fleets.urls[queue]!,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
      }),
    );
    return Messages.map(({ Attributes }) => [Attributes?.MessageGroupId, Attributes?.MessageDeduplicationId]);
  }

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

  it('from Python: group and deduplication ids are where Nest looks for them', async () => {
    const options = "{'queue': 'spare-py.fifo', 'MessageGroupId': 'group', 'MessageDeduplicationId': 'once'}";
    await fleets.python.send('interop.record', { options });
    await fleets.python.send('interop.record', { options });
    expect(await idsOn('spare-py.fifo')).toEqual([['group', 'once']]);
  });

  it('from Nest: group and deduplication ids are where Python looks for them', async () => {
    const options = { queue: 'spare-js.fifo', groupId: 'group', deduplicationId: 'once' };
    await fleets.tasks.send('interop.record', options);
    await fleets.tasks.send('interop.record', options);
    expect(await idsOn('spare-js.fifo')).toEqual([['group', 'once']]);
  });

  it('a retry of Nest keeps its place in the group', async () => {
    const options = "{'queue': 'nest.fifo', 'MessageGroupId': 'retry'}";
    const flaky = await fleets.python.send('interop.flaky', { args: '(2,)', options });
    const next = await fleets.python.send('interop.record', { args: "('next',)", options });
    const ours = (): Run[] => fleets.recorder.runs.filter(({ id }) => id === flaky || id === next);
    const runs = await fleets.recorder.until(ours, 4);
    expect(runs.map(({ task }) => task)).toEqual(['interop.flaky', 'interop.flaky', 'interop.flaky', 'interop.record']);
    expect(runs.slice(0, 3).map(({ retries }) => retries)).toEqual([0, 1, 2]);
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
