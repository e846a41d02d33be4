import type { QueueInfo } from '#celery';
import type { ResolvedOptions } from '../options/resolve-options.js';

/**
 * What may surprise on the consumed queues, one sentence each: where a message that nobody can run has no place to go. What
 * is not known, as `sqs:GetQueueAttributes` is denied, the transport has said already.
 */
export function queueWarnings(queues: readonly QueueInfo[], { poison }: Pick<ResolvedOptions, 'poison'>): string[] {
  return queues.flatMap(({ name, fifo, visibilityTimeout, redrivePolicy }) => {
    const isKnown = visibilityTimeout !== undefined;
    if (!isKnown || redrivePolicy) return [];
    if (!fifo) {
      return [`Queue ${name} has no dead-letter queue: messages nobody can run come back until their retention ends.`];
    }
    if (poison) return [];
    return [
      `FIFO queue ${name} has no dead-letter queue: a message nobody can run blocks its group until its retention ends. ` +
        `Give the queue a redrive policy, or choose with the option poison: 'block' or 'delete'.`,
    ];
  });
}
