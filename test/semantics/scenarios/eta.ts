import { left, runs } from '../support/facts.js';
import type { Entry } from '../support/journal.js';
import type { RealScenario, Scenario, VirtualScenario } from '../support/scenario.js';
import type { Stage } from '../support/stage.js';
import { startCelery, startNest, type StartWorker } from '../support/workers.js';

/** Clocks of two processes on one machine agree to the millisecond; an ETA is written in microseconds. */
const TOLERANCE_MS = 50;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const VISIBILITY_TIMEOUT = 3;
const ETA_SECONDS = 11;

async function runLater(stage: Stage, startWorker: StartWorker): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: VISIBILITY_TIMEOUT });
  await startWorker(queue);
  const eta = Date.now() + ETA_SECONDS * 1000;
  await stage.send(queue, 'semantics.work', { args: '(1,)', options: `countdown=${ETA_SECONDS}` });
  await stage.journal.until(() => stage.journal.runs, 1);
  await queue.emptied();
  // Copies in a worker's memory run after the first of them has deleted the message.
  await stage.journal.quiet(2_000);
  return `${runs(stage.journal.runs)}, ${punctuality(stage.journal.runs, eta)}`;
}

function punctuality(entries: readonly Entry[], eta: number): string {
  if (entries.some(({ at }) => at < eta - TOLERANCE_MS)) return 'before its time';
  return entries.every(({ at }) => at < eta + 5_000) ? 'at its time' : 'late';
}

const beyondVisibilityTimeout: RealScenario = {
  clock: 'real',
  name: 'ETA beyond the visibility timeout',
  expectation: `A task that is due in ${ETA_SECONDS} s, on a queue whose visibility timeout is ${VISIBILITY_TIMEOUT} s, runs once, at its time and not before.`,
  fact: 'runs: 1, at its time',
  nest: (stage) => runLater(stage, startNest(stage)),
  celery: (stage) => runLater(stage, startCelery(stage)),
};

/** Twelve hours each would be sixty; a message that is seen more often is not waiting. */
const MAX_SHIFTS = 80;

const inThirtyDays: VirtualScenario = {
  clock: 'virtual',
  name: 'ETA in 30 days',
  expectation:
    'A task that is due in 30 days, longer than the 4 days for which SQS keeps a message, runs once and at its time, though its worker is replaced some sixty times.',
  fact: 'runs: 1, after 720 h, queue empty',
  async nest(stage) {
    let app = await stage.nest();
    await stage.during(app.tasks.send('semantics.work', { args: [1], countdown: 30 * 24 * 3600 }));
    await stage.clock.advance(MINUTE_MS);
    // Polling for 30 days takes long, even of virtual time: the worker is there when there is something to receive.
    for (let shift = 0; shift < MAX_SHIFTS && stage.hours(stage.clock.now()) < 30 * 24 - 1; shift++) {
      await stage.stop(app);
      await stage.clock.advance(Math.max(0, stage.hiddenForMs - MINUTE_MS));
      app = await stage.nest();
      await stage.clock.advance(2 * MINUTE_MS);
    }
    await stage.clock.advance(HOUR_MS);
    const [run] = stage.journal.runs;
    return `${runs(stage.journal.runs)}, after ${Math.floor(stage.hours(run!.at))} h, ${left(stage.depth)}`;
  },
};

const inTwentyMinutes: VirtualScenario = {
  clock: 'virtual',
  name: 'countdown of 20 minutes',
  expectation: 'A countdown beyond the 15 minutes that SQS can delay a message by is kept all the same.',
  fact: 'runs: 1, after 20 min, queue empty',
  async nest(stage) {
    const app = await stage.nest();
    await stage.during(app.tasks.send('semantics.work', { args: [1], countdown: 20 * 60 }));
    await stage.clock.advance(HOUR_MS);
    const [run] = stage.journal.runs;
    const minutes = Math.floor((run!.at - stage.startedAt) / MINUTE_MS);
    return `${runs(stage.journal.runs)}, after ${minutes} min, ${left(stage.depth)}`;
  },
};

export const etaScenarios: readonly Scenario[] = [beyondVisibilityTimeout, inThirtyDays, inTwentyMinutes];
