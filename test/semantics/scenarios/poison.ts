import { left, runs } from '../support/facts.js';
import { fateOf } from '../support/queue.js';
import type { RealScenario, Scenario, VirtualScenario } from '../support/scenario.js';
import type { Stage } from '../support/stage.js';
import { startCelery, startNest, type StartWorker } from '../support/workers.js';

const DAY_MS = 86_400_000;
const VISIBILITY_TIMEOUT = 5;
/** More than a lease: ElasticMQ may give a message to a poll whose client has gone, which is how a worker that stops ends its own. */
const BEYOND_A_LEASE_MS = 60_000;

/** The stranger sees the message first; then a worker takes its place that knows the task. */
async function sendForeign(stage: Stage, startStranger: StartWorker, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: VISIBILITY_TIMEOUT });
  const stranger = await startStranger(queue);
  await stage.send(queue, 'semantics.work', { args: '(1,)' });
  await queue.touched();
  await stranger.stop();
  await startWorker(queue);
  await queue.emptied(BEYOND_A_LEASE_MS);
  return runs(stage.journal.runs);
}

const unknown: RealScenario = {
  clock: 'real',
  name: 'unknown task',
  expectation: 'A task that this worker does not know is left to one that does.',
  fact: 'runs: 1',
  nest: (stage) => sendForeign(stage, startNest(stage, { stranger: true }), startNest(stage)),
  celery: (stage) => sendForeign(stage, startCelery(stage, { stranger: true }), startCelery(stage)),
};

const unknownToAll: VirtualScenario = {
  clock: 'virtual',
  name: 'unknown task that nobody knows',
  expectation: 'After 20 hand-backs a task that nobody knows goes to the dead-letter queue, with the reason.',
  fact: 'dead-lettered, reason NotRegistered, after 21 receives, queue empty',
  async nest(stage) {
    const { sqs } = stage;
    sqs.createQueue('dead');
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead';
    sqs.createQueue('celery', {
      attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 100 }) },
    });
    const app = await stage.nest();
    await stage.during(app.tasks.send('nobody.knows'));
    await stage.clock.advanceUntil(() => sqs.queue('dead').messages.length > 0, DAY_MS);
    await stage.clock.advance(60_000);
    const [dead] = sqs.queue('dead').messages;
    const attribute = (name: string): string => String(dead?.attributes[name]?.value);
    const where = `dead-lettered, reason ${attribute('CeleryReason')}`;
    return `${where}, after ${attribute('CeleryReceiveCount')} receives, ${left(stage.depth)}`;
  },
};

/** Neither JSON nor base64 of it. */
const GARBAGE = 'This is no task.';

async function sendGarbage(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: 2, maxReceiveCount: 3 });
  await startWorker(queue);
  await queue.sendBody(GARBAGE);
  await stage.send(queue, 'semantics.work', { args: '(1,)' });
  const dead = await queue.nextDead(30_000);
  await stage.journal.until(() => stage.journal.runs, 1);
  return `${fateOf(dead)}; the task behind it: ${runs(stage.journal.runs)}`;
}

const malformed: RealScenario = {
  clock: 'real',
  name: 'malformed message',
  expectation: 'A message that is no task goes to the dead-letter queue at once, with the reason, and stops nobody.',
  fact: 'dead-lettered, reason UnknownMessage; the task behind it: runs: 1',
  nest: (stage) => sendGarbage(stage, startNest(stage)),
  celery: (stage) => sendGarbage(stage, startCelery(stage)),
};

const unknownOnFifo: RealScenario = {
  clock: 'real',
  name: 'FIFO: unknown task that nobody knows',
  expectation:
    'A task that nobody knows goes to the dead-letter queue before SQS would move it there, with the reason, and its group goes on.',
  fact: 'dead-lettered, reason NotRegistered; the next of its group: runs: 1',
  async nest(stage) {
    const queue = await stage.queue({ fifo: true, maxReceiveCount: 2 });
    await stage.nest(queue);
    await stage.send(queue, 'nobody.knows');
    await stage.send(queue, 'semantics.work', { args: '(1,)' });
    const dead = await queue.nextDead();
    await stage.journal.until(() => stage.journal.runs, 1);
    return `${fateOf(dead)}; the next of its group: ${runs(stage.journal.runs)}`;
  },
};

export const poisonScenarios: readonly Scenario[] = [unknown, unknownToAll, unknownOnFifo, malformed];
