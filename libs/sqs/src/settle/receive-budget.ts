import type { QueueInfo } from '#celery/ports';

/**
 * Whether a message may be made visible before it was run: every receive counts towards `maxReceiveCount`, and one that has
 * come to the last would be moved to the dead-letter queue instead of being run by another worker.
 */
export function mayGoBack(queue: QueueInfo, receiveCount: number): boolean {
  const limit = queue.redrivePolicy?.maxReceiveCount;
  return limit === undefined || receiveCount + 1 < limit;
}
