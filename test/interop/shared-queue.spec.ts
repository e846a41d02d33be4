import { expect, it } from 'vitest';
import { depth, drained } from './support/endpoint.js';
import { Fleets, type Urls } from './support/fleets.js';
import { describeTargets } from './support/targets.js';

const TASKS = 100;
const LIMIT_MS = 120_000;
const numbers = Array.from({ length: TASKS }, (_, number) => number);

/** The advice of docs/guide/python.md for Python on a queue with tasks it does not know. */
const shared = {
  backoff_policy: { 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 8, 8: 8, 9: 16 },
  backoff_tasks: ['nest.only'],
};

const RedrivePolicy = JSON.stringify({
  deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
  maxReceiveCount: 10,
});

describeTargets(
  'a queue shared by two fleets that know different tasks',
  (target) => {
    // Who receives a message is a matter of chance, and of a hundred one may meet the wrong fleet again and again.
    const options = { timeout: LIMIT_MS + 60_000, retry: 2 };

    it('every task is run once by the fleet that knows it, none is lost', options, async () => {
      const fleets = await Fleets.start(target, {
        queues: { dead: {}, shared: { VisibilityTimeout: '1800', RedrivePolicy } },
        pythonQueues: ['shared'],
        python: ({ shared: url }: Urls) => ({
          broker_transport_options: { wait_time_seconds: 10, predefined_queues: { shared: { url, ...shared } } },
        }),
        nest: ({ shared: url }: Urls) => ({ queues: [{ name: 'shared', url: url! }] }),
      });
      try {
        const { nest, python, runs, dead } = await runAll(fleets);
        expect(new Set(nest)).toEqual(new Set(numbers));
        expect(python).toHaveLength(TASKS);
        expect(runs).toBe(2 * TASKS);
        expect(dead).toBe(0);
      } finally {
        await fleets.stop();
      }
    });
  },
  ['LocalSqs'],
);

/** What each fleet ran, and how many messages SQS gave up on. */
async function runAll({ recorder, tasks, endpoint, urls }: Fleets) {
  await Promise.all(
    numbers.flatMap((number) => [tasks.delay('nest.only', number), tasks.delay('python.only', number)]),
  );
  await recorder.until(() => recorder.runs, 2 * TASKS, LIMIT_MS);
  await drained(endpoint, urls['shared']!);

  const ran = (by: string, task: string): unknown[] =>
    recorder.runs.filter((run) => run.by === by && run.task === task).map(({ args }) => args[0]);
  return {
    nest: ran('nest', 'nest.only'),
    python: ran('python', 'python.only'),
    runs: recorder.runs.length,
    dead: await depth(endpoint, urls['dead']!),
  };
}
