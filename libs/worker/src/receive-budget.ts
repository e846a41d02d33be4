import { MAX_VISIBILITY_SECONDS, mayGoBack, type Delivery } from '#celery';

/**
 * Whether a task whose ETA is ahead may be put out of sight. A FIFO message at its last receive has to be kept under its lease: SQS
 * would move it to the dead-letter queue, and published again it would lose its place.
 */
export function mayBeParked(delivery: Delivery): boolean {
  return !delivery.queue.fifo || mayGoBack(delivery);
}

/**
 * Whether a message was received so often that running it again would only feed a crash loop. Where the queue has a redrive
 * policy, SQS decides that. `explainedReceives`: how many receives the message's own ETA explains.
 */
export function isCrashLooping(
  { queue, receiveCount }: Delivery,
  maxDeliveries: number,
  explainedReceives: number,
): boolean {
  return queue.redrivePolicy === undefined && receiveCount > maxDeliveries + explainedReceives;
}

/** Whether a retry in place would still be delivered to a worker that runs it. */
export function mayRetryInPlace({ queue, receiveCount }: Delivery, maxDeliveries: number): boolean {
  return receiveCount + 1 <= (queue.redrivePolicy?.maxReceiveCount ?? maxDeliveries);
}

/** Receives at which a task was only parked, as its ETA was ahead: one for each visibility timeout that SQS allows. */
export function receivesForEta({ firstReceivedAt }: Delivery, eta: number | undefined): number {
  if (eta === undefined || eta <= firstReceivedAt) return 0;
  return Math.ceil((eta - firstReceivedAt) / (MAX_VISIBILITY_SECONDS * 1000));
}
