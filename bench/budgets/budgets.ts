import { celeryName, type Pool } from '../contenders/celery.js';
import { celeryVersions } from '../contenders/celery-environment.js';
import { OURS } from '../contenders/ours.js';
import { bareSdk } from '../contenders/peers.js';
import { figureOf, type Measured } from '../report/figures.js';
import { atLeast, atMost, budget, type Budget } from './budget.js';

const LEASE_SECONDS = 30;
/** Growth is a matter of a million tasks; a shorter run says nothing about it. */
const GROWTH_TASKS = 1_000_000;

/** What a run says to each row of the budgets. */
export function budgetsOf(run: readonly Measured[]): readonly Budget[] {
  const ours = (scenario: string, key: string): number | undefined => figureOf(run, scenario, OURS, key);
  /** Of the Celery version that does better. */
  const celery = (pick: (...values: number[]) => number, pool: Pool, scenario: string, key: string) =>
    best(
      pick,
      celeryVersions.map((version) => figureOf(run, scenario, celeryName(version, pool), key)),
    );
  const bare = (scenario: string): number | undefined => figureOf(run, scenario, bareSdk.name, 'tasksPerSecond');
  return [
    budget('SQS requests per task, no-op backlog, producer + worker', 'requests/task', [
      atMost(0.31, 'with results', ours('backlog-results', 'requests')),
    ]),
    budget("worker's SQS requests per task, 10 ms ± 50 % tasks, backlog", 'requests/task', [
      atMost(0.22, 'concurrency 100', ours('timed-100', 'workerRequests')),
      atMost(0.25, 'concurrency 10, prefetch 10', ours('timed-10-prefetch', 'workerRequests')),
      atMost(0.75, 'concurrency 10', ours('timed-10', 'workerRequests')),
    ]),
    budget('worker CPU per task', 'ms/task', [
      atMost(0.18, 'with Redis result', ours('backlog-results', 'workerCpuMs')),
      atMost(0.13, 'without', ours('backlog', 'workerCpuMs')),
    ]),
    budget('producer CPU per task', 'ms/task', [
      atMost(0.12, 'burst', ours('producer', 'burstCpuMs')),
      atMost(0.12, '10 concurrent callers', ours('producer', 'tenCpuMs')),
    ]),
    budget('worker throughput, one process, Redis result, against prefork 2', '×', [
      atLeast(
        15,
        'no-op backlog',
        ratio(
          ours('backlog-results', 'tasksPerSecond'),
          celery(Math.max, 'prefork', 'backlog-results', 'tasksPerSecond'),
        ),
      ),
    ]),
    budget('worker throughput against a bare SDK loop', '×', [
      atLeast(0.95, 'concurrency 100', ratio(ours('backlog-100', 'tasksPerSecond'), bare('backlog-100'))),
      atLeast(0.8, 'concurrency 10', ratio(ours('backlog', 'tasksPerSecond'), bare('backlog'))),
    ]),
    budget('idle requests in an hour without messages, per queue', 'requests/h', [
      atMost(181, 'idle', ours('idle', 'perHour')),
      atMost(10, 'more after a burst', ours('idle', 'afterBurst')),
    ]),
    budget('SQS body of vectors/simple_task', 'of the reference', [
      atMost(1, 'by default, of Celery', ratio(ours('bodies', 'base64'), ours('bodies', 'celery'))),
      atMost(0.75, 'compact, of the default', ratio(ours('bodies', 'compact'), ours('bodies', 'base64'))),
    ]),
    budget('start latency at low load, send → handler, p50', '×', [
      atMost(0.55, 'of prefork 2', ratio(ours('latency', 'p50Ms'), celery(Math.min, 'prefork', 'latency', 'p50Ms'))),
      atMost(0.75, 'of solo', ratio(ours('latency', 'p50Ms'), celery(Math.min, 'solo', 'latency', 'p50Ms'))),
    ]),
    budget('recovery after kill -9 of a worker that holds messages', 's', [
      atMost(LEASE_SECONDS + 2, 'lease + 2 s', ours('recovery', 'seconds')),
    ]),
    budget("memory of the worker's process tree", 'MB', [
      atMost(120, 'PSS', ours('memory', 'pssEndMb')),
      atMost(5, 'growth to 1 000 000 tasks', ofAMillion(ours('memory', 'growthMb'), ours('memory', 'tasks'))),
    ]),
  ];
}

function best(pick: (...values: number[]) => number, values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : pick(...known);
}

function ratio(value: number | undefined, reference: number | undefined): number | undefined {
  return value === undefined || reference === undefined ? undefined : value / reference;
}

function ofAMillion(growth: number | undefined, tasks: number | undefined): number | undefined {
  return tasks !== undefined && tasks >= GROWTH_TASKS ? growth : undefined;
}
