import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  finished,
  openAttempts,
  orderViolations,
  type AttemptEvent,
  type ExpectedOutcomes,
} from './support/attempt-log.js';
import { FifoFleet, type Plan, type Step } from './support/fifo-fleet.js';
import { Random, chooseSeed } from './support/random.js';
import { retryWaits } from './support/retry-waits.js';
import type { WorkerProcess } from './support/worker-process.js';

const GROUPS = 20;
const TASKS_PER_GROUP = 15;
const LEASE_SECONDS = 5;

let fleet: FifoFleet | undefined;

afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
});

/** Most tasks end at once, some are retried once or twice, some fail for good. */
function randomSteps(random: Random): Step[] {
  const retries = random.pick([0, 0, 0, 1, 1, 2]);
  const last = random.below(10) === 0 ? 'fail' : 'ok';
  const outcomes = [...Array.from({ length: retries }, () => 'retry' as const), last] as const;
  return outcomes.map((outcome) => ({ outcome, milliseconds: random.below(150), countdown: random.below(3) }));
}

function randomPlan(random: Random): Plan {
  const tasks = (): Step[][] => Array.from({ length: TASKS_PER_GROUP }, () => randomSteps(random));
  return new Map(Array.from({ length: GROUPS }, (_, group) => [`group-${group}`, tasks()]));
}

function outcomesOf(plan: Plan): ExpectedOutcomes {
  const outcome = (steps: readonly Step[]): 'ok' | 'fail' => (steps.at(-1)?.outcome === 'fail' ? 'fail' : 'ok');
  return new Map([...plan].map(([group, tasks]) => [group, tasks.map(outcome)]));
}

function opened(): FifoFleet {
  if (!fleet) throw new Error('there is no fleet');
  return fleet;
}

/** Resolves when so many tasks have their outcome, with the worker that runs most of them at that moment. */
async function busiestWorker(least: number): Promise<WorkerProcess> {
  const look = async (): Promise<WorkerProcess | undefined> => {
    const attempts = await opened().attempts();
    if (finished(attempts).size < least) return undefined;
    const runs = [...opened().workers].map((worker) => ({ worker, count: openAttempts(attempts, worker.pid).size }));
    const [busiest] = runs.toSorted((a, b) => b.count - a.count);
    return busiest && busiest.count > 0 ? busiest.worker : undefined;
  };
  return vi.waitUntil(look, { timeout: 60_000, interval: 20 });
}

/** When a worker is ended: as soon as `least` tasks have their outcome. */
interface End {
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly least: number;
}

/** Early, so that much is left to be done afterwards. */
function randomEnds(random: Random): End[] {
  const signals = random.shuffle<End['signal']>(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGTERM', 'SIGTERM']);
  return signals.map((signal, turn) => ({ signal, least: (turn + 1) * 20 + random.below(20) }));
}

/**
 * Ends workers in the middle of their tasks and starts others. These are not waited for while two are left: on a busy machine
 * the tasks would be done before.
 */
async function replaceWorkers(ends: readonly End[]): Promise<void> {
  const all = opened();
  const replaced: Promise<unknown>[] = [];
  for (const { signal, least } of ends) {
    await vi.waitUntil(() => all.workers.size >= 2, { timeout: 60_000, interval: 20 });
    const victim = await busiestWorker(least);
    replaced.push(all.endWorker(victim, signal), all.startWorker());
  }
  await Promise.all(replaced);
}

describe('FIFO groups', () => {
  const seed = chooseSeed();

  it(
    `keep their order through retries, failures, kills and restarts (SQS_CELERY_SEED=${seed})`,
    { timeout: 180_000 },
    async () => {
      const random = new Random(seed);
      const plan = randomPlan(random);
      fleet = await FifoFleet.open({ leaseSeconds: LEASE_SECONDS, concurrency: 10, maxReceiveCount: 20 });
      await fleet.send(plan);
      await Promise.all([fleet.startWorker(), fleet.startWorker(), fleet.startWorker()]);

      await replaceWorkers(randomEnds(random));
      await vi.waitUntil(() => opened().queue.messages.length === 0, { timeout: 90_000, interval: 20 });

      const attempts = await fleet.attempts();
      expect(orderViolations(attempts, outcomesOf(plan))).toEqual([]);
      expect(fleet.deadLetters.messages).toEqual([]);
      expect(fleet.output).not.toContain('was lost');
      const { waits, stalls } = retryWaits(attempts, {
        leastMs: 1_900,
        leaseMs: (LEASE_SECONDS + 1) * 1_000,
        tasksPerGroup: TASKS_PER_GROUP,
      });
      expect(stalls).toEqual([]);
      expect(waits).toBeGreaterThan(0);
    },
  );

  it('that wait for a retry stop no other group, with a single slot', { timeout: 60_000 }, async () => {
    const step = (outcome: Step['outcome'], countdown = 0): Step => ({ outcome, milliseconds: 10, countdown });
    const waiting = [[step('retry', 5), step('ok')], [step('ok')], [step('ok')], [step('ok')]];
    const others = Array.from({ length: 12 }, (_, group): [string, Step[][]] => [
      `other-${group}`,
      Array.from({ length: 4 }, () => [step('ok')]),
    ]);
    const plan: Plan = new Map([['waiting', waiting], ...others]);
    fleet = await FifoFleet.open({ leaseSeconds: 30, concurrency: 1, maxReceiveCount: 20 });
    await fleet.send(plan);
    await fleet.startWorker();
    await vi.waitUntil(() => opened().queue.messages.length === 0, { timeout: 50_000, interval: 20 });

    const attempts = await fleet.attempts();
    expect(orderViolations(attempts, outcomesOf(plan))).toEqual([]);
    const again = attempts.findLastIndex(
      (event) => event.kind === 'start' && event.group === 'waiting' && event.index === 0,
    );
    expect(finished(attempts.slice(0, again)).size).toBe(12 * 4);
  });
});

describe('the judgement of a log', () => {
  const one = (kind: 'start' | 'ok' | 'fail' | 'retry', index: number, pid: number, at = 0): AttemptEvent => {
    return { kind, group: 'a', index, pid, at };
  };
  const killed = (pid: number): AttemptEvent => ({ kind: 'killed', pid, at: 0 });
  const [start0, ok0, retry0] = [one('start', 0, 1), one('ok', 0, 1), one('retry', 0, 1)];
  const expected: ExpectedOutcomes = new Map([['a', ['ok', 'fail']]]);

  it.each<[string, AttemptEvent[], string[]]>([
    ['order', [start0, retry0, start0, ok0, one('start', 1, 2), one('fail', 1, 2)], []],
    [
      'a killed process, whose deletes may be lost',
      [
        start0,
        ok0,
        one('start', 1, 1),
        killed(1),
        one('start', 0, 2),
        one('ok', 0, 2),
        one('start', 1, 2),
        one('fail', 1, 2),
      ],
      [],
    ],
    [
      'a task that overtakes one that waits for its retry',
      [start0, retry0, one('start', 1, 2), one('fail', 1, 2), start0, ok0],
      ['a: 1 started before 0 had its outcome'],
    ],
    [
      'two at the same moment in two processes',
      [start0, one('start', 0, 2), ok0, one('ok', 0, 2), one('start', 1, 2), one('fail', 1, 2)],
      ['a: 0 started in 2 while 0 ran in 1'],
    ],
    [
      'a second run though nobody was killed',
      [start0, ok0, one('start', 0, 2), one('ok', 0, 2), one('start', 1, 2), one('fail', 1, 2)],
      ['a: 0 ran again after 1 ended it'],
    ],
    ['a lost task', [start0, ok0], ['a: 1 should end with fail, got nothing']],
    [
      'a wrong outcome and an attempt without end',
      [start0, ok0, one('start', 1, 2), one('ok', 1, 2), one('start', 1, 3)],
      ['a: 1 ran again after 2 ended it', 'a: 1 never ended in 3', 'a: 1 should end with fail, got ok'],
    ],
  ])('knows %s', (_, log, violations) => {
    expect(orderViolations(log, expected)).toEqual(violations);
  });

  it('knows a group that stands still while another waits', () => {
    const rules = { leastMs: 1_000, leaseMs: 100, tasksPerGroup: 2 };
    const other = (kind: 'start' | 'ok', index: number, at: number): AttemptEvent => ({
      kind,
      group: 'b',
      index,
      pid: 2,
      at,
    });
    const waiting = [one('start', 0, 1, 0), one('retry', 0, 1, 10), one('start', 0, 1, 2_010)];
    expect(retryWaits([...waiting, other('start', 0, 5), other('ok', 0, 500)], rules)).toEqual({
      waits: 1,
      stalls: [],
    });
    expect(retryWaits([...waiting, other('start', 0, 1), other('ok', 0, 5)], rules).stalls).toEqual([
      'b did nothing for the 2000 ms that a waited',
    ]);
  });
});
