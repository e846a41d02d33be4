import type { LeaseLossReason } from './errors/index.js';

/** The SQS actions the transport calls. */
export type SqsAction =
  | 'ReceiveMessage'
  | 'SendMessageBatch'
  | 'DeleteMessageBatch'
  | 'ChangeMessageVisibilityBatch'
  | 'GetQueueAttributes'
  | 'GetQueueUrl'
  | 'CreateQueue';

/** A request that is about to be sent. */
export interface RequestBegin {
  readonly action: SqsAction;
  readonly queue: string;
  /** Of a batch; 1 otherwise. */
  readonly entries: number;
  /** Of the messages that it sends, as SQS counts them. */
  readonly bytes: number;
}

/** What a ReceiveMessage brought. */
export interface ReceiveEnd {
  readonly queue: string;
  /** Whether it has: no answer brings nothing. */
  readonly answered: boolean;
  readonly messages: number;
  /** Of the messages, as SQS counts them. */
  readonly bytes: number;
}

/** What the transport tells about itself, for metrics, health and tests. Callbacks must not throw and are called synchronously. */
export interface TransportEvents {
  /** A request is about to be sent; every one costs money. */
  request?(event: RequestBegin): void;
  /** A ReceiveMessage has ended, however it did. */
  receiveEnded?(event: ReceiveEnd): void;
  /** A poll was answered. */
  pollSucceeded?(event: { queue: string; asked: number; received: number }): void;
  /** A poll failed; the next one is made after `retryInMs`. */
  pollFailed?(event: { queue: string; code: string; failures: number; retryInMs: number }): void;
  /** SQS confirmed longer leases. */
  leaseExtended?(event: { queue: string; count: number }): void;
  /** A held message may be with another consumer. */
  leaseLost?(event: { queue: string; messageId: string; reason: LeaseLossReason }): void;
  /** A delivery was not run, as too much of its lease had passed while the event loop was blocked. */
  deliveryStale?(event: { queue: string; messageId: string }): void;
  /** The lease thread extends nothing any more, as the event loop has not turned for so long. */
  leasesAbandoned?(event: { blockedMs: number }): void;
}
