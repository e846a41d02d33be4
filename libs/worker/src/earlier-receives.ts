import type { MessageAttributes } from '#celery';

/**
 * Message attribute that carries, across a re-publish which starts SQS's own count again, at how many receives the message may have
 * run before. It is not the message's own: neither a retry nor a dead letter may have it, as both start anew.
 */
export const EARLIER_RECEIVES = 'CeleryEarlierReceives';

/** How many a message carries; what is no count of ours is none. */
export function earlierReceivesOf(attributes: MessageAttributes): number {
  const count = Number(attributes[EARLIER_RECEIVES]?.StringValue ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** The attribute for so many; none for 0. */
export function earlierReceives(count: number): MessageAttributes {
  return count === 0 ? {} : { [EARLIER_RECEIVES]: { DataType: 'Number', StringValue: String(count) } };
}
