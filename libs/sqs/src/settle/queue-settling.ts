import type { Clock } from '#celery/ports';

import type { ManagedQueue } from '../queue/managed-queue.js';
import { Acknowledger } from './acknowledger.js';
import { Releaser } from './releaser.js';

interface QueueAcknowledgerOptions {
  readonly queue: ManagedQueue;
  readonly clock: Clock;
  readonly lingerMs: number;
  expectsMore(): boolean;
  /** A batch of deletes was answered, or failed: fewer may be pending. */
  readonly onAnswered: () => void;
}

/** An acknowledger whose deletes go to one queue. */
export function queueAcknowledger({ queue, onAnswered, ...options }: QueueAcknowledgerOptions): Acknowledger {
  const { info, pooled } = queue;
  return new Acknowledger({
    ...options,
    deleteBatch: (handles) =>
      pooled.api
        .deleteBatch(info.name, {
          QueueUrl: info.url,
          Entries: handles.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle })),
        })
        .finally(onAnswered),
  });
}

/** A releaser whose visibility changes go to one queue. */
export function queueReleaser(queue: ManagedQueue, clock: Clock): Releaser {
  const { info, pooled } = queue;
  return new Releaser({
    clock,
    changeVisibility: (entries) =>
      pooled.api.changeVisibilityBatch(info.name, {
        QueueUrl: info.url,
        Entries: entries.map((e, i) => ({
          Id: String(i),
          ReceiptHandle: e.receiptHandle,
          VisibilityTimeout: e.seconds,
        })),
      }),
  });
}
