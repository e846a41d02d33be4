import { describe, expect, it } from 'vitest';
import type { ConsumerState, PollTrouble } from '#sqs';
import type { ConnectionSnapshot } from './connection-health.js';
import { livenessProblems, readinessProblems } from './health-problems.js';

function polled(state: Partial<ConsumerState>): ConnectionSnapshot {
  const queue: ConsumerState = {
    queue: 'celery',
    mode: 'running',
    concurrency: 10,
    running: 0,
    aside: 0,
    waiting: 0,
    acknowledging: 0,
    loopLagMs: 0,
    polls: 1,
    trouble: undefined,
    lastPollAt: 1_000_000,
    lastPollAgeMs: 1000,
    lastError: undefined,
    failures: 0,
    stalls: 0,
    ...state,
  };
  return { name: 'default', connected: true, queues: [queue], oldest: undefined, zombies: [] };
}

describe('readiness', () => {
  it.each<[trouble: PollTrouble | undefined, failures: number, lastPollAgeMs: number | undefined, ready: boolean]>([
    [undefined, 0, 1000, true],
    [undefined, 0, undefined, true],
    // Without a free slot there are no polls.
    [undefined, 0, 3_600_000, true],
    ['unreachable', 2, 1000, true],
    ['unreachable', 3, 1000, false],
    ['throttled', 1, 60_001, false],
    ['failing', 1, undefined, false],
    ['stalled', 1, 1000, true],
    ['credentials', 1, 1000, false],
    ['refused', 1, 1000, false],
  ])('%s, %i failures, last answer %s ms ago', (trouble, failures, lastPollAgeMs, ready) => {
    expect(readinessProblems(polled({ trouble, failures, lastPollAgeMs }))).toHaveLength(ready ? 0 : 1);
  });
});

describe('liveness', () => {
  it.each<[trouble: PollTrouble | undefined, failures: number, alive: boolean]>([
    ['stalled', 2, true],
    ['stalled', 3, false],
    // No restart makes the endpoint answer, or the credentials right.
    ['unreachable', 100, true],
    ['credentials', 100, true],
    ['refused', 100, true],
  ])('%s, %i failures', (trouble, failures, alive) => {
    expect(livenessProblems(polled({ trouble, failures, lastPollAgeMs: undefined }))).toEqual(
      alive ? [] : ['Queue celery is not polled any more: it was restarted 3 times in a row'],
    );
  });
});
