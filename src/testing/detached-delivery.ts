import type { Delivery, QueueInfo } from '#celery';

/** What is known of a message that no queue delivered. */
export interface DetachedMessage {
  readonly queue: QueueInfo;
  readonly body: string;
  readonly messageId: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Default: 1. */
  readonly receiveCount?: number;
  readonly messageGroupId?: string;
  readonly messageAttributes?: Delivery['messageAttributes'];
}

/** What is done to a message that is to be run again later. Default: nothing. */
type Release = (delaySeconds: number) => Promise<void>;

/** A delivery without a queue behind it: ours for ever, and what it has to wait for has happened. */
export function detachedDelivery(message: DetachedMessage, release: Release = () => Promise.resolve()): Delivery {
  const { queue, body, messageId, now, receiveCount = 1, messageGroupId, messageAttributes = {} } = message;
  return {
    queue,
    body,
    messageId,
    receiveCount,
    groupReceiveCount: receiveCount,
    unstartedReceives: 0,
    sentAt: now,
    firstReceivedAt: now,
    receivedAt: 0,
    messageAttributes,
    ...(messageGroupId !== undefined && { messageGroupId }),
    lease: { lost: false, signal: new AbortController().signal, extendUntil: () => {} },
    mayStandAside: true,
    acknowledge: () => Promise.resolve(),
    release,
    standAside: () => Promise.resolve(true),
  };
}
