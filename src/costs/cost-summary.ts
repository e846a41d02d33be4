import type { RequestCount } from '#sqs';
import { DEFAULT_CONNECTION } from '../tokens.js';
import type { CostEstimate } from './cost-estimate.js';

/** Width of a queue's name, as in the banner. */
const QUEUE_WIDTH = 16;
/** Queues that are listed; an application may have hundreds. */
const MOST_QUEUES = 10;

/** What a connection has asked of SQS, for the log at its end; a line for each queue, the dearest first. */
export function costSummary(connection: string, counts: readonly RequestCount[], estimate: CostEstimate): string {
  const of = connection === DEFAULT_CONNECTION ? '' : ` of connection ${connection}`;
  const queues = byQueue(counts);
  const others = queues.slice(MOST_QUEUES).flatMap((ofQueue) => ofQueue);
  return [
    `SQS requests${of}: ${estimate.billed} billed`,
    ...queues.slice(0, MOST_QUEUES).map((ofQueue) => `.> ${ofQueue[0]?.queue.padEnd(QUEUE_WIDTH)} ${actions(ofQueue)}`),
    ...(others.length > 0 ? [`.> ${queues.length - MOST_QUEUES} more queues: ${billedOf(others)} billed`] : []),
    ...estimates(estimate),
  ].join('\n');
}

function estimates({ tasks, perMillionTasks, emptyPerMillionTasks, perIdleMonth }: CostEstimate): string[] {
  return [
    ...(perMillionTasks === undefined
      ? []
      : [
          `.> 1000000 tasks: ${perMillionTasks}, and ${emptyPerMillionTasks} empty receives (estimated by ${tasks} tasks)`,
        ]),
    ...(perIdleMonth === 0
      ? []
      : [`.> a month without tasks: ${perIdleMonth ?? 'without bound, as waitTimeSeconds is 0'}`]),
  ];
}

function byQueue(counts: readonly RequestCount[]): (readonly RequestCount[])[] {
  const queues = [...new Set(counts.map(({ queue }) => queue))];
  return queues
    .map((name) => counts.filter(({ queue }) => queue === name))
    .toSorted((one, other) => billedOf(other) - billedOf(one));
}

function actions(counts: readonly RequestCount[]): string {
  return counts.map((count) => `${count.action} ${count.requests}${remark(count)}`).join(', ');
}

function remark({ requests, billed, empty }: RequestCount): string {
  const remarks = [...(billed > requests ? [`${billed} billed`] : []), ...(empty > 0 ? [`${empty} empty`] : [])];
  return remarks.length === 0 ? '' : ` (${remarks.join(', ')})`;
}

function billedOf(counts: readonly RequestCount[]): number {
  return counts.reduce((sum, { billed }) => sum + billed, 0);
}
