import type { QueueInfo } from '#celery/ports';

import type { PooledApi } from '../client/client-pool.js';
import type { QueueOptions } from '../options.js';

/** A queue that was found or made, and the client to reach it with. */
export interface ManagedQueue {
  readonly options: QueueOptions;
  readonly info: QueueInfo;
  readonly pooled: PooledApi;
  /** Whether GetQueueAttributes told what it has; otherwise an absent redrive policy means nothing. */
  readonly attributesKnown: boolean;
}

/** Whether SQS takes it for a FIFO queue: by the end of its name. */
export function isFifo(options: Pick<QueueOptions, 'sqsName' | 'url'>): boolean {
  return options.sqsName.endsWith('.fifo') || (options.url ?? '').endsWith('.fifo');
}

/** Fewest receives at which losing one to a shutdown or a crash is harmless. */
export const amplyReceivable = 10;

/** Whether one more receive of a message costs it nothing but time. */
export function receivesAreCheap(queue: ManagedQueue): boolean {
  const limit = queue.info.redrivePolicy?.maxReceiveCount;
  return queue.attributesKnown && (limit === undefined || limit >= amplyReceivable);
}
