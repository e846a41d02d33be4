import type { Program } from '../../interop/support/program.js';
import { twice } from '../support/facts.js';
import type { Entry } from '../support/journal.js';
import type { Queue } from '../support/queue.js';
import type { RealScenario, Scenario } from '../support/scenario.js';
import { type CeleryOptions, killGroup, type Stage } from '../support/stage.js';

const LEASE = 5;
const HELD = 10;
const VISIBILITY_TIMEOUT = 8;
/** Receiving and starting what is visible again. */
const START_MS = 2_000;

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

async function sendWork(stage: Stage, queue: Queue, count: number, seconds: number): Promise<void> {
  await Promise.all(
    numbers(count).map((number) => stage.send(queue, 'semantics.work', { args: `(${number}, ${seconds})` })),
  );
}

/** `none lost`, or how many numbers never ended. */
function lost(ends: readonly Entry[], count: number): string {
  const missing = count - new Set(ends.map(({ args }) => args[0])).size;
  return missing === 0 ? 'none lost' : `${missing} of ${count} lost`;
}

async function killCelery(stage: Stage, options: CeleryOptions): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: VISIBILITY_TIMEOUT });
  const victim = await stage.celery(queue, { concurrency: 2, ...options });
  const ends = stage.journal.of('end').length;
  const begins = stage.journal.runs.length;
  await sendWork(stage, queue, HELD, 60);
  await stage.journal.until(() => stage.journal.runs, begins + 2);
  await killGroup(victim);
  await stage.celery(queue, { concurrency: 2, ...options, seconds: 0 });
  await queue.emptied(60_000);
  await stage.journal.quiet(1_000);
  return `${lost(stage.journal.of('end').slice(ends), HELD)}, ${whenBack(stage.journal.runs.slice(begins))}`;
}

/** The visibility timeout counts from the receive, which was a little before the first beginning. */
function whenBack(begins: readonly Entry[]): string {
  const moments = begins.map(({ at }) => at);
  const waited = Math.max(...moments) - Math.min(...moments);
  return waited > (VISIBILITY_TIMEOUT - 2) * 1000
    ? 'the others back after the visibility timeout'
    : 'the others back at once';
}

const killed: RealScenario = {
  clock: 'real',
  name: '`kill -9`',
  expectation: `What a worker held when it was killed (here ${HELD} running tasks) is run again by another one within a lease (here ${LEASE} s), whatever the visibility timeout.`,
  fact: `none lost, all begun again within a lease`,
  async nest(stage) {
    const queue = await stage.queue({ visibilityTimeout: 1800 });
    const victim = await stage.nestProcess(queue, { lease: LEASE });
    await sendWork(stage, queue, HELD, 60);
    await stage.journal.until(() => stage.journal.runs, HELD);
    await stage.nest(queue, { lease: LEASE, seconds: 0 });
    const killedAt = Date.now();
    await victim.stop('SIGKILL');
    await stage.journal.until(() => stage.journal.of('end'), HELD);
    await queue.emptied();
    const again = stage.journal.runs.slice(HELD);
    const last = Math.max(...again.map(({ at }) => at - killedAt));
    const when = last <= LEASE * 1000 + START_MS ? 'all begun again within a lease' : `back after ${last} ms`;
    return `${lost(stage.journal.of('end'), HELD)}, ${when}`;
  },
  async celery(stage) {
    const early = await killCelery(stage, {});
    const late = await killCelery(stage, { acksLate: true });
    return `by default ${early}; \`acks_late\` ${late}`;
  },
};

/** Nobody is killed in this one: a warm shutdown takes as long as it takes. */
const PATIENCE_MS = 60_000;

const LOAD = 200;
const WORK_SECONDS = 0.2;

/** Sends a load to two workers, asks one of them to end in the midst of it, and waits for the other. */
async function endUnderLoad(stage: Stage, start: (queue: Queue) => Promise<Program>): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: 10 });
  await sendWork(stage, queue, LOAD, WORK_SECONDS);
  const [first] = await Promise.all([start(queue), start(queue)]);
  await stage.journal.until(() => stage.journal.of('end'), LOAD / 4);
  await first.stop('SIGTERM', PATIENCE_MS);
  await queue.emptied(90_000);
  return `${lost(stage.journal.of('end'), LOAD)}, ${twice(stage.journal.runs)} run twice`;
}

const terminated: RealScenario = {
  clock: 'real',
  name: 'SIGTERM under load',
  expectation: `Of ${LOAD} tasks none is lost and none is run twice when one of two workers is asked to end in the midst of them.`,
  fact: 'none lost, none run twice',
  nest: (stage) => endUnderLoad(stage, (queue) => stage.nestProcess(queue, { lease: 10, concurrency: 5 })),
  celery: (stage) => endUnderLoad(stage, (queue) => stage.celery(queue, { acksLate: true, concurrency: 2 })),
};

export const processScenarios: readonly Scenario[] = [killed, terminated];
