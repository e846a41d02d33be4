import type { MessageAttributes, QueueInfo } from './queue.js';

/** The time for which a received message is ours: SQS's visibility timeout, extended while we hold the message. */
export interface Lease {
  /** True once another consumer may have the message: nothing of this attempt may be stored, sent or deleted any more. */
  readonly lost: boolean;
  /** Aborted at the moment the lease is lost. */
  readonly signal: AbortSignal;
  /** Asks not to extend the lease past a moment of `Clock.monotonic` (a hard time limit and its grace). */
  extendUntil(monotonicMs: number): void;
}

/** How a delivery stands aside. */
export interface StandAsideOptions {
  /**
   * Seconds until it should be seen again where it is handed back meanwhile: for a message that ran, and waits for its next attempt.
   * Default: at once, as one that has not run.
   */
  readonly handBackSeconds?: () => number;
}

/** How a delivery is acknowledged. */
export interface AcknowledgeOptions {
  /**
   * The task has not begun yet (`acksLate: false`): SQS has to confirm a delete now, whoever deletes messages that were run.
   * Default: false.
   */
  readonly early?: boolean;
}

/** One received message, held under a lease from the moment of its arrival. */
export interface Delivery {
  /** The queue it came from. */
  readonly queue: QueueInfo;
  /** SQS's MessageId: the same at every receive. */
  readonly messageId: string;
  /** The message body as it came. */
  readonly body: string;
  /** SQS's ApproximateReceiveCount, from 1. Greater than 1 means "may have run before". */
  readonly receiveCount: number;
  /**
   * The largest receive count of this message and of those of its FIFO group that wait behind it here: released, it takes them all
   * along, and each spends a receive.
   */
  readonly groupReceiveCount: number;
  /** Receives among them at which this process handed the message back before it ran; others are not known. */
  readonly unstartedReceives: number;
  /** SentTimestamp in epoch milliseconds. */
  readonly sentAt: number;
  /** ApproximateFirstReceiveTimestamp in epoch milliseconds. */
  readonly firstReceivedAt: number;
  /** `Clock.monotonic` when the request of this receive was sent: SQS allows 12 hours from here. */
  readonly receivedAt: number;
  readonly messageGroupId?: string;
  readonly messageDeduplicationId?: string;
  readonly messageAttributes: MessageAttributes;
  /** DeadLetterQueueSourceArn: the queue from which SQS's redrive policy moved it here, where it was moved. */
  readonly deadLetterSourceArn?: string;
  readonly lease: Lease;
  /**
   * Queues the DeleteMessage; called again, it answers the same. Resolves once SQS confirmed it; the lease is kept until then.
   * Rejects when the lease was lost or the delete failed for good.
   */
  acknowledge(options?: AcknowledgeOptions): Promise<void>;
  /**
   * Makes the message visible again after `delaySeconds` (0–43 200) and gives up the lease. Resolves once SQS confirmed it;
   * a message whose lease is already lost needs no release and resolves at once. Rejects when SQS refuses for good, and for a
   * message that was acknowledged.
   */
  release(delaySeconds: number): Promise<void>;
  /** Whether {@link standAside} would let another message run: only so many may stand aside before nothing more is received. */
  readonly mayStandAside: boolean;
  /**
   * Gives the slot to other messages until `until` resolves, and waits for one again; the lease is kept. Resolves with false when
   * the message was taken away meanwhile (its lease was lost, or the worker pauses or stops): then there is nothing left to do.
   */
  standAside(until: Promise<void>, options?: StandAsideOptions): Promise<boolean>;
}

/** Runs one delivery; the slot is taken until the promise settles. Must not reject: everything is settled inside. */
export type DeliveryHandler = (delivery: Delivery) => Promise<void>;
