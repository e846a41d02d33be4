import { left, runs, twice } from '../support/facts.js';
import type { Entry } from '../support/journal.js';
import type { Queue } from '../support/queue.js';
import type { RealScenario, Scenario, VirtualScenario } from '../support/scenario.js';
import { type CeleryOptions, killGroup, type Stage } from '../support/stage.js';

const HOUR_MS = 3_600_000;
const LEASE = 2;
const VISIBILITY_TIMEOUT = 3;
const TASK_SECONDS = 12;

/** Resolves when a run has ended and nothing is left to run. */
async function done(stage: Stage, queue: Queue): Promise<void> {
  const ended = stage.journal.of('end').length;
  await stage.journal.until(() => stage.journal.of('end'), ended + 1);
  await queue.emptied(60_000);
  await stage.journal.quiet(1_000);
}

/** Each run of a task that never catches up with its visibility timeout begets the next. */
const ENOUGH = 4;

async function runLongCelery(stage: Stage, options: CeleryOptions): Promise<string> {
  const queue = await stage.queue({ visibilityTimeout: VISIBILITY_TIMEOUT });
  const before = stage.journal.runs.length;
  const ours = (): Entry[] => stage.journal.runs.slice(before);
  const worker = await stage.celery(queue, { concurrency: 2, ...options });
  await stage.send(queue, 'semantics.work', { args: `(1, ${TASK_SECONDS})` });
  await stage.journal.until(ours, 1);
  await Promise.race([done(stage, queue), stage.journal.until(ours, ENOUGH)]);
  const end = ours().length < ENOUGH ? runs(ours()) : `runs: ${ENOUGH} and more`;
  await killGroup(worker);
  return end;
}

const manyLeases: RealScenario = {
  clock: 'real',
  name: 'task longer than the visibility timeout',
  expectation: `A task of ${TASK_SECONDS} s, on a queue whose visibility timeout is ${VISIBILITY_TIMEOUT} s, with two workers, runs once.`,
  fact: 'runs: 1, queue empty',
  async nest(stage) {
    const queue = await stage.queue({ visibilityTimeout: VISIBILITY_TIMEOUT });
    await Promise.all([stage.nest(queue, { lease: LEASE }), stage.nest(queue, { lease: LEASE })]);
    await stage.send(queue, 'semantics.work', { args: `(1, ${TASK_SECONDS})` });
    await stage.journal.until(() => stage.journal.of('end'), 1);
    await queue.emptied();
    return `${runs(stage.journal.runs)}, ${left(await queue.depth())}`;
  },
  celeryNotes: {
    moto: 'moto deletes a message by the receipt handle of an earlier receive, so that the first run that ends stops the others. SQS deletes only by the newest.',
  },
  async celery(stage) {
    const early = await runLongCelery(stage, {});
    return `by default ${early}; \`acks_late\` ${await runLongCelery(stage, { acksLate: true })}`;
  },
};

const TASKS = 30;

const noDuplicates: RealScenario = {
  clock: 'real',
  name: 'many tasks longer than their lease',
  expectation: `${TASKS} tasks of three leases each, with two workers, run once each, and every message is deleted.`,
  fact: `runs: ${TASKS}, none twice, queue empty`,
  async nest(stage) {
    const queue = await stage.queue();
    await Promise.all([stage.nest(queue, { lease: LEASE }), stage.nest(queue, { lease: LEASE })]);
    const numbers = Array.from({ length: TASKS }, (_, number) => number);
    await Promise.all(
      numbers.map((number) => stage.send(queue, 'semantics.work', { args: `(${number}, ${3 * LEASE})` })),
    );
    await stage.journal.until(() => stage.journal.of('end'), TASKS);
    await queue.emptied();
    return `${runs(stage.journal.runs)}, ${twice(stage.journal.runs)} twice, ${left(await queue.depth())}`;
  },
};

/** Longer than elsewhere: at the endpoints of this suite several blocked workers share two cores with everything else. */
const BLOCKED_LEASE = 4;
const BLOCKED_SECONDS = 3 * BLOCKED_LEASE;

const blocked: RealScenario = {
  clock: 'real',
  name: 'task that blocks the event loop',
  expectation: `A task that blocks its worker for ${BLOCKED_SECONDS} s, three leases, runs once, and so do the nine that the worker holds meanwhile.`,
  fact: 'runs: 10, none twice, queue empty',
  async nest(stage) {
    const queue = await stage.queue();
    const worker = await stage.nestProcess(queue, { lease: BLOCKED_LEASE });
    for (let number = 0; number < 9; number++) await stage.send(queue, 'semantics.work', { args: `(${number}, 1)` });
    await stage.journal.until(() => stage.journal.runs, 9);
    await stage.send(queue, 'semantics.block', { args: `(9, ${BLOCKED_SECONDS})` });
    await worker.line(/semantics\.block\[.*\] received/);
    await stage.nestProcess(queue, { lease: BLOCKED_LEASE });
    await stage.journal.until(() => stage.journal.of('end'), 10);
    await queue.emptied();
    return `${runs(stage.journal.runs)}, ${twice(stage.journal.runs)} twice, ${left(await queue.depth())}`;
  },
};

const elevenHours: VirtualScenario = {
  clock: 'virtual',
  name: 'task of nearly 12 hours',
  expectation: 'A task of 11 h 50 min keeps its message all the time: it runs once.',
  fact: 'runs: 1, ended after 11 h 50 min, queue empty',
  async nest(stage) {
    const app = await stage.nest();
    await stage.during(app.tasks.send('semantics.work', { args: [1, 11 * 3600 + 50 * 60] }));
    await stage.clock.advance(12.5 * HOUR_MS);
    const [end] = stage.journal.of('end');
    const minutes = Math.round((end!.at - stage.startedAt) / 60_000);
    const length = `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    return `${runs(stage.journal.runs)}, ended after ${length}, ${left(stage.depth)}`;
  },
};

const beyondTwelveHours: VirtualScenario = {
  clock: 'virtual',
  name: 'task of more than 12 hours',
  expectation:
    "At SQS's bound of 12 hours the lease ends: the task is told by its `signal`, and its message is run again.",
  fact: 'told after 12 h, then run again',
  async nest(stage) {
    const app = await stage.nest();
    await stage.during(app.tasks.send('semantics.work', { args: [1, 13 * 3600] }));
    await stage.clock.advanceUntil(() => stage.journal.runs.length === 2, 14 * HOUR_MS);
    const [told] = stage.journal.of('told');
    return `told after ${told ? Math.round(stage.hours(told.at)) : 'never'} h, then run again`;
  },
};

export const longTaskScenarios: readonly Scenario[] = [
  manyLeases,
  noDuplicates,
  blocked,
  elevenHours,
  beyondTwelveHours,
];
