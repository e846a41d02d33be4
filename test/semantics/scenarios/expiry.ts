import { left, runs } from '../support/facts.js';
import type { RealScenario, Scenario } from '../support/scenario.js';
import type { Stage } from '../support/stage.js';
import { startCelery, startNest, type StartWorker } from '../support/workers.js';

/** `options` are those of the task that expires. */
async function expire(stage: Stage, options: string, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: 4 });
  await stage.send(queue, 'semantics.work', { args: '(1,)', options });
  await startWorker(queue);
  await queue.emptied();
  return `${runs(stage.journal.runs)}, ${left(await queue.depth())}`;
}

const past = 'expires=datetime.now(utc) - timedelta(seconds=5)';

const expired: RealScenario = {
  clock: 'real',
  name: 'expired',
  expectation: 'A task whose `expires` has passed is not run, and its message is deleted.',
  fact: 'runs: 0, queue empty',
  nest: (stage) => expire(stage, past, startNest(stage)),
  celery: (stage) => expire(stage, past, startCelery(stage)),
};

const whileWaiting = 'countdown=12, expires=6';

const expiredWhileWaiting: RealScenario = {
  clock: 'real',
  name: '`expires` before the ETA',
  expectation: 'A task that expires while it waits for its ETA is not run, and its message is deleted.',
  fact: 'runs: 0, queue empty',
  nest: (stage) => expire(stage, whileWaiting, startNest(stage)),
  celery: (stage) => expire(stage, whileWaiting, startCelery(stage)),
};

export const expiryScenarios: readonly Scenario[] = [expired, expiredWhileWaiting];
