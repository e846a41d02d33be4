import { MAX_VISIBILITY_SECONDS, type Clock, type Delivery, type QueueInfo } from '#celery';

/** SQS's own default, for queues whose attributes could not be read. */
const DEFAULT_RETENTION_SECONDS = 345_600;

/** Seconds for which SQS keeps a message of this queue. */
export function retentionOf({ messageRetentionPeriod = DEFAULT_RETENTION_SECONDS }: QueueInfo): number {
  return messageRetentionPeriod;
}

/**
 * Seconds of age up to which a message may wait for its next receive; then it is published again. The last quarter of its retention is
 * left: workers may be down when it is visible.
 */
export function safeAge(retention: number): number {
  return retention - Math.floor(retention / 4);
}

/** Seconds of visibility timeout that SQS still grants a message that was received `heldSeconds` ago. */
export function visibilityLeft(heldSeconds: number): number {
  return Math.max(0, MAX_VISIBILITY_SECONDS - Math.ceil(heldSeconds) - 1);
}

/** Seconds for which a received message can be put out of sight: SQS counts its 12 hours from the receive. */
export function longestVisibility({ receivedAt }: Pick<Delivery, 'receivedAt'>, clock: Clock): number {
  return visibilityLeft((clock.monotonic() - receivedAt) / 1000);
}
