import type { RequestCount } from '#sqs';
import { describe, expect, it } from 'vitest';
import { estimateCosts, type CostFacts } from './cost-estimate.js';

const NOTHING = { requests: 0, billed: 0, messages: 0, bytes: 0, empty: 0 };

function count(queue: string, action: RequestCount['action'], figures: Partial<RequestCount>): RequestCount {
  return { queue, action, ...NOTHING, ...figures };
}

function facts(change: Partial<CostFacts> = {}): CostFacts {
  return {
    counts: [
      count('celery', 'ReceiveMessage', { requests: 100, billed: 120, empty: 80 }),
      count('celery', 'DeleteMessageBatch', { requests: 10, billed: 10 }),
    ],
    events: { succeeded: 40, failed: 5, retried: 9, ignored: 2, expired: 1, revoked: 1, replaced: 1 },
    waitTimes: new Map([['celery', 20]]),
    ...change,
  };
}

describe('a million tasks', () => {
  it('costs what has been billed for each task, empty receives apart', () => {
    expect(estimateCosts(facts())).toMatchObject({
      tasks: 50,
      billed: 130,
      empty: 80,
      perMillionTasks: 1_000_000,
      emptyPerMillionTasks: 1_600_000,
    });
  });

  it('is not estimated before a task has ended', () => {
    expect(estimateCosts(facts({ events: { received: 3, retried: 2 } }))).toMatchObject({
      tasks: 0,
      perMillionTasks: undefined,
      emptyPerMillionTasks: undefined,
    });
  });
});

describe('a month without tasks', () => {
  const polls = (...queues: string[]): RequestCount[] => queues.map((queue) => count(queue, 'ReceiveMessage', {}));

  it.each([
    [20, 131_400],
    [10, 262_800],
    [1, 2_628_000],
    [7, 375_429],
    [0, undefined],
  ])('with waitTimeSeconds %i is %s polls of one queue', (wait, month) => {
    expect(estimateCosts(facts({ waitTimes: new Map([['celery', wait]]) })).perIdleMonth).toBe(month);
  });

  it('adds up the queues that were polled, and no others', () => {
    const waitTimes = new Map([
      ['a', 20],
      ['b', 10],
      ['only-sent-to', 20],
    ]);
    const counts = [...polls('a', 'b'), count('only-sent-to', 'SendMessageBatch', {})];
    expect(estimateCosts(facts({ counts, waitTimes })).perIdleMonth).toBe(131_400 + 262_800);
  });

  it.each([
    ['is read', 2, 43_800],
    ['was only looked for', 1, 0],
  ])('counts a dead-letter queue that %s', (_, requests, month) => {
    const counts = [count('arn:aws:sqs:eu-west-1:1:a-dlq', 'GetQueueAttributes', { requests })];
    expect(estimateCosts(facts({ counts })).perIdleMonth).toBe(month);
  });

  it('is nothing where nothing is polled', () => {
    expect(estimateCosts(facts({ counts: [] })).perIdleMonth).toBe(0);
  });
});
