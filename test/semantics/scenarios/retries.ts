import { left, runs } from '../support/facts.js';
import type { Journal } from '../support/journal.js';
import type { RealScenario, Scenario } from '../support/scenario.js';
import type { Stage } from '../support/stage.js';
import { logs, startCelery, startNest, type StartWorker } from '../support/workers.js';

const COUNTDOWN_SECONDS = 3;
/** A delay is whole seconds on the way. */
const EARLY_MS = 50;

async function retry(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: 20 });
  await startWorker(queue);
  await stage.send(queue, 'semantics.flaky', { args: `(1, 2, ${COUNTDOWN_SECONDS})` });
  await stage.journal.until(() => stage.journal.runs, 3);
  await queue.emptied();
  return `${attempts(stage.journal)}, ${spacing(stage.journal)}, ${left(await queue.depth())}`;
}

function attempts({ runs: entries }: Journal): string {
  const ids = new Set(entries.map(({ id }) => id)).size;
  return `attempts ${entries.map(({ retries }) => retries).join(', ')} under ${ids === 1 ? 'one id' : `${ids} ids`}`;
}

function spacing({ runs: entries }: Journal): string {
  const gaps = entries.slice(1).map(({ at }, index) => at - entries[index]!.at);
  const kept = gaps.every((gap) => gap >= COUNTDOWN_SECONDS * 1000 - EARLY_MS);
  return kept ? 'none early' : 'some early';
}

const countdown: RealScenario = {
  clock: 'real',
  name: 'retry with countdown',
  expectation: `A task that asks twice for a retry in ${COUNTDOWN_SECONDS} s has three attempts under one id, in order, none of them early.`,
  fact: 'attempts 0, 1, 2 under one id, none early, queue empty',
  nest: (stage) => retry(stage, startNest(stage)),
  celery: (stage) => retry(stage, startCelery(stage)),
};

async function exhaust(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: 20 });
  const worker = await startWorker(queue);
  const id = await stage.send(queue, 'semantics.broken');
  await stage.journal.until(() => stage.journal.runs, 3);
  await queue.emptied();
  const failed = await logs(worker, new RegExp(`Task semantics\\.broken\\[${id}\\] raised unexpected`));
  return `${runs(stage.journal.runs)}, ${failed ? 'failed' : 'not failed'}, ${left(await queue.depth())}`;
}

const exhausted: RealScenario = {
  clock: 'real',
  name: 'automatic retries exhausted',
  expectation:
    'A task that fails at every attempt, with `maxRetries: 2`, runs three times, has failed, and its message is deleted.',
  fact: 'runs: 3, failed, queue empty',
  nest: (stage) => exhaust(stage, startNest(stage)),
  celery: (stage) => exhaust(stage, startCelery(stage)),
};

export const retryScenarios: readonly Scenario[] = [countdown, exhausted];
