import type { RequestCount } from '#sqs';
import { expect, it } from 'vitest';
import type { CostEstimate } from './cost-estimate.js';
import { costSummary } from './cost-summary.js';

const NOTHING = { requests: 0, billed: 0, messages: 0, bytes: 0, empty: 0 };
const ESTIMATE: CostEstimate = {
  tasks: 4,
  billed: 15,
  empty: 3,
  perMillionTasks: 3_000_000,
  emptyPerMillionTasks: 750_000,
  perIdleMonth: 131_400,
};

const COUNTS: readonly RequestCount[] = [
  { ...NOTHING, queue: 'reports.fifo', action: 'SendMessageBatch', requests: 2, billed: 2 },
  { ...NOTHING, queue: 'celery', action: 'ReceiveMessage', requests: 8, billed: 9, empty: 3 },
  { ...NOTHING, queue: 'celery', action: 'DeleteMessageBatch', requests: 4, billed: 4 },
];

it('lists the queues, the dearest first, and what it comes to', () => {
  expect(costSummary('default', COUNTS, ESTIMATE)).toBe(
    `SQS requests: 15 billed
.> celery           ReceiveMessage 8 (9 billed, 3 empty), DeleteMessageBatch 4
.> reports.fifo     SendMessageBatch 2
.> 1000000 tasks: 3000000, and 750000 empty receives (estimated by 4 tasks)
.> a month without tasks: 131400`,
  );
});

it('names a connection, and says nothing of tasks and polls where there were none', () => {
  const estimate = { ...ESTIMATE, tasks: 0, perMillionTasks: undefined, perIdleMonth: 0 };
  expect(costSummary('eu', COUNTS.slice(0, 1), estimate)).toBe(
    `SQS requests of connection eu: 15 billed
.> reports.fifo     SendMessageBatch 2`,
  );
});

it('says that short polling has no bound', () => {
  expect(costSummary('default', COUNTS, { ...ESTIMATE, perIdleMonth: undefined })).toMatch(
    /a month without tasks: without bound, as waitTimeSeconds is 0$/,
  );
});

it('adds up all queues but the ten dearest', () => {
  const counts = Array.from({ length: 12 }, (_, number) => ({
    ...NOTHING,
    queue: `queue-${number}`,
    action: 'ReceiveMessage' as const,
    requests: number,
    billed: number,
  }));
  const lines = costSummary('default', counts, ESTIMATE).split('\n');
  expect(lines.slice(1, 3)).toEqual(['.> queue-11         ReceiveMessage 11', '.> queue-10         ReceiveMessage 10']);
  expect(lines[11]).toBe('.> 2 more queues: 1 billed');
});
