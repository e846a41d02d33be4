import type { Delivery } from './delivery.js';

/** SQS's longest visibility timeout in seconds, counted from the receive. */
export const MAX_VISIBILITY_SECONDS = 43_200;

/** Longest `DelaySeconds` of a message. */
export const MAX_DELAY_SECONDS = 900;

/**
 * Whether a healthy message may go back to its queue without having run. Every receive counts towards `maxReceiveCount`, whatever
 * its reason, so the last one is kept for whoever can run the message: at the next SQS would move it to the dead-letter queue.
 */
export function mayGoBack({ queue, receiveCount }: Pick<Delivery, 'queue' | 'receiveCount'>): boolean {
  return queue.redrivePolicy === undefined || receiveCount + 1 < queue.redrivePolicy.maxReceiveCount;
}
