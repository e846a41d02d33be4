import type { QueueInfo } from '#celery';
import type { ResolvedOptions } from '../options/resolve-options.js';

/**
 * What must be decided before a FIFO queue is consumed, one sentence each: without a dead-letter queue, a message that nobody can
 * run blocks its group or is lost, and neither is ours to choose.
 */
export function queueProblems(queues: readonly QueueInfo[], { poison }: Pick<ResolvedOptions, 'poison'>): string[] {
  if (poison) return [];
  return withoutDeadLetterQueue(queues)
    .filter(({ fifo }) => fifo)
    .map(
      ({ name }) =>
        `FIFO queue ${name} has no dead-letter queue, so a message nobody can run blocks its group until its retention ends: ` +
        `give the queue a redrive policy, or choose with the option poison: 'block' or 'delete'`,
    );
}

/** What may surprise on the consumed queues, one sentence each. */
export function queueWarnings(queues: readonly QueueInfo[]): string[] {
  return [...queues.flatMap(fewReceives), ...undeadlettered(queues)];
}

/** Receives of a FIFO queue's redrive policy below which restarts of workers alone may use them up. */
const FEW_RECEIVES = 5;

/** A FIFO message cannot be sent again without losing its place: what a stopping worker holds spends a receive. */
function fewReceives({ name, fifo, redrivePolicy }: QueueInfo): string[] {
  if (!fifo || redrivePolicy === undefined || redrivePolicy.maxReceiveCount >= FEW_RECEIVES) return [];
  return [
    `FIFO queue ${name} has maxReceiveCount ${redrivePolicy.maxReceiveCount}: each restart of a worker spends a receive of what it holds, ` +
      `so a few of them move healthy messages to the dead-letter queue. Allow 10 or more.`,
  ];
}

function undeadlettered(queues: readonly QueueInfo[]): string[] {
  return withoutDeadLetterQueue(queues)
    .filter(({ fifo }) => !fifo)
    .map(
      ({ name }) =>
        `Queue ${name} has no dead-letter queue: messages nobody can run come back until their retention ends, and a task ` +
        `that kills its worker (acksLate) is run again until it was received maxDeliveries times.`,
    );
}

/** What is not known, as `sqs:GetQueueAttributes` is denied, the transport has said already. */
function withoutDeadLetterQueue(queues: readonly QueueInfo[]): QueueInfo[] {
  return queues.filter(({ visibilityTimeout, redrivePolicy }) => visibilityTimeout !== undefined && !redrivePolicy);
}
