import { left, runs } from '../support/facts.js';
import { type Queue, fateOf } from '../support/queue.js';
import type { RealScenario, Scenario } from '../support/scenario.js';
import type { Stage } from '../support/stage.js';
import { startCelery, startNest, type StartWorker } from '../support/workers.js';

const VISIBILITY_TIMEOUT = 2;
/** Whoever still runs a refused task after as many runs does so for ever. */
const ENOUGH = 15;
/** A refused message comes back after `waitTimeSeconds`, which is 1 here. */
const EARLY_MS = 50;

async function refuse(stage: Stage, queue: Queue, requeue: boolean): Promise<void> {
  await stage.send(queue, 'semantics.reject', { args: requeue ? '(True,)' : '(False,)' });
  await stage.journal.until(() => stage.journal.runs, 1);
}

/** Resolves when the queue is empty or the task has run often enough to say that it always will. */
async function endOf(stage: Stage, queue: Queue): Promise<string> {
  const enough = stage.journal.until(() => stage.journal.runs, ENOUGH, 60_000).then(() => false);
  const empty = await Promise.race([enough, queue.emptied(60_000)]);
  // Whichever lost the race ends by itself.
  enough.catch(() => undefined);
  return empty ? `${runs(stage.journal.runs)}, ${left(await queue.depth())}` : `runs: ${ENOUGH} and more`;
}

function interval(stage: Stage): string {
  const moments = stage.journal.runs.map(({ at }) => at);
  const gaps = moments.slice(1).map((at, index) => at - moments[index]!);
  return gaps.every((gap) => gap >= 1000 - EARLY_MS) ? '1 s apart or more' : 'less than 1 s apart';
}

async function refuseAndRequeue(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: VISIBILITY_TIMEOUT });
  await startWorker(queue);
  await refuse(stage, queue, true);
  const end = await endOf(stage, queue);
  return `${end}, ${interval(stage)}`;
}

const requeued: RealScenario = {
  clock: 'real',
  name: '`Reject(requeue=True)`',
  expectation:
    'A message that its task refuses again and again comes back after `waitTimeSeconds` (here 1), but not for ever: `maxDeliveries` is 10.',
  fact: 'runs: 10, queue empty, 1 s apart or more',
  nest: (stage) => refuseAndRequeue(stage, startNest(stage)),
  celery: (stage) => refuseAndRequeue(stage, startCelery(stage, { acksLate: true })),
};

async function refuseForGood(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: VISIBILITY_TIMEOUT });
  await startWorker(queue);
  await refuse(stage, queue, false);
  return endOf(stage, queue);
}

const discarded: RealScenario = {
  clock: 'real',
  name: '`Reject(requeue=False)`, no dead-letter queue',
  expectation: 'A message that its task refuses for good is deleted.',
  fact: 'runs: 1, queue empty',
  nest: (stage) => refuseForGood(stage, startNest(stage)),
  celery: (stage) => refuseForGood(stage, startCelery(stage, { acksLate: true })),
};

async function refuseToDeadLetters(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: VISIBILITY_TIMEOUT, maxReceiveCount: 4 });
  await startWorker(queue);
  await refuse(stage, queue, false);
  const dead = await queue.nextDead(40_000);
  return `${runs(stage.journal.runs)}, ${fateOf(dead)}`;
}

const deadLettered: RealScenario = {
  clock: 'real',
  name: '`Reject(requeue=False)`, with a dead-letter queue',
  expectation: 'A message that its task refuses for good goes to the dead-letter queue at once, with the reason.',
  fact: 'runs: 1, dead-lettered, reason Reject',
  nest: (stage) => refuseToDeadLetters(stage, startNest(stage)),
  celery: (stage) => refuseToDeadLetters(stage, startCelery(stage, { acksLate: true })),
};

async function ignore(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue();
  await startWorker(queue);
  await stage.send(queue, 'semantics.ignore');
  await stage.journal.until(() => stage.journal.runs, 1);
  await queue.emptied();
  return `${runs(stage.journal.runs)}, ${left(await queue.depth())}`;
}

const ignored: RealScenario = {
  clock: 'real',
  name: '`Ignore`',
  expectation: 'A task that asks to be ignored is done with: its message is deleted.',
  fact: 'runs: 1, queue empty',
  nest: (stage) => ignore(stage, startNest(stage)),
  celery: (stage) => ignore(stage, startCelery(stage)),
};

export const refusalScenarios: readonly Scenario[] = [requeued, discarded, deadLettered, ignored];
