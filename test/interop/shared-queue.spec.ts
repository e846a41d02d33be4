import { afterAll, beforeAll, expect, it } from 'vitest';
import { depth, drained } from './support/endpoint.js';
import { Fleets, type Urls } from './support/fleets.js';
import { describeTargets } from './support/targets.js';

const TASKS = 100;
const LIMIT_MS = 120_000;

/** The advice of docs/guide/python.md for Python on a queue with tasks it does not know. */
const shared = {
  backoff_policy: { 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 8, 8: 8, 9: 16 },
  backoff_tasks: ['nest.only'],
};

/** The accounts that the endpoints pretend. */
const ACCOUNTS = { LocalSqs: '000000000000', moto: '123456789012' };

describeTargets('a queue shared by two fleets that know different tasks', (target) => {
  const deadLetterTargetArn = `arn:aws:sqs:us-east-1:${ACCOUNTS[target.endpoint]}:dead`;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 10 });

  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target, {
      queues: { dead: {}, shared: { VisibilityTimeout: '1800', RedrivePolicy } },
      pythonQueues: ['shared'],
      python: ({ shared: url }: Urls) => ({
        broker_transport_options: { wait_time_seconds: 10, predefined_queues: { shared: { url, ...shared } } },
      }),
      nest: ({ shared: url }: Urls) => ({ queues: [{ name: 'shared', url: url! }] }),
    });
  });
  afterAll(() => fleets?.stop());

  it('every task is run once by the fleet that knows it, none is lost', { timeout: LIMIT_MS + 30_000 }, async () => {
    const { recorder, tasks } = fleets;
    const numbers = Array.from({ length: TASKS }, (_, number) => number);
    await Promise.all(
      numbers.flatMap((number) => [tasks.delay('nest.only', number), tasks.delay('python.only', number)]),
    );
    await recorder.until(() => recorder.runs, 2 * TASKS, LIMIT_MS);
    await drained(fleets.endpoint, fleets.urls['shared']!);

    const ran = (by: string, task: string): unknown[] =>
      recorder.runs.filter((run) => run.by === by && run.task === task).map(({ args }) => args[0]);
    expect(new Set(ran('nest', 'nest.only'))).toEqual(new Set(numbers));
    expect(ran('python', 'python.only')).toHaveLength(TASKS);
    expect(recorder.runs).toHaveLength(2 * TASKS);
    expect(await depth(fleets.endpoint, fleets.urls['dead']!)).toBe(0);
  });
});
