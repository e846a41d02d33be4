import { afterAll, beforeAll, expect, it } from 'vitest';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { Fleets } from './support/fleets.js';
import { NestFleet } from './support/nest-fleet.js';
import { describeTargets } from './support/targets.js';

const PREFIX = 'prod-my.app_';

const layout = {
  queues: {},
  pythonQueues: ['python.tasks'],
  python: () => ({ broker_transport_options: { queue_name_prefix: PREFIX, visibility_timeout: 60 } }),
  nest: () => ({
    queueNamePrefix: PREFIX,
    createMissingQueues: true,
    queues: ['nest.tasks', { name: 'python.tasks', consume: false }],
  }),
};

describeTargets('queues that are created, with a prefix', (target) => {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target, layout);
  });
  afterAll(() => fleets?.stop());

  it('get the same names from both sides', async () => {
    const { QueueUrls = [] } = await fleets.endpoint.sqs.send(new ListQueuesCommand({}));
    const names = QueueUrls.map((url) => url.split('/').at(-1));
    expect(names).toContain('prod-my-app_nest-tasks');
    expect(names).toContain('prod-my-app_python-tasks');
    expect(names.filter((name) => !name?.startsWith('prod-my-app_'))).toEqual([]);
  });

  it('Python sends to the queue that Nest created', async () => {
    const id = await fleets.python.send('interop.record', { args: "('hello',)", options: "{'queue': 'nest.tasks'}" });
    expect(await fleets.recorder.run(id)).toMatchObject({ by: 'nest', routingKey: 'nest.tasks', args: ['hello'] });
  });

  it('Nest sends to the queue that Python created', async () => {
    const { id } = await fleets.tasks.send('interop.record', { args: ['hello'], queue: 'python.tasks' });
    expect(await fleets.recorder.run(id)).toMatchObject({ by: 'python', routingKey: 'python.tasks' });
  });

  it('Nest retries the task of a mangled queue, which Python picks up', async () => {
    const options = "{'queue': 'nest.tasks'}";
    const id = await fleets.python.send('interop.handover', { args: "(['python.tasks', 'nest.tasks'],)", options });
    const runs = await fleets.recorder.until(() => fleets.recorder.of(id), 3);
    expect(runs.map(({ by, retries }) => [by, retries])).toEqual([
      ['nest', 0],
      ['python', 1],
      ['nest', 2],
    ]);
  });

  it('Nest consumes a queue that Python created, by its name', async () => {
    const id = await fleets.python.send('interop.record', {
      args: "('early',)",
      options: "{'queue': 'made.by.python'}",
    });
    const options = { queueNamePrefix: PREFIX, queues: ['made.by.python'] };
    const nest = await NestFleet.start(fleets.endpoint, fleets.recorder, options);
    try {
      expect(await fleets.recorder.run(id)).toMatchObject({ by: 'nest', args: ['early'] });
    } finally {
      await nest.stop();
    }
  });
});
