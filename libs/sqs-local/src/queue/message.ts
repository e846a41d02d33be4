import type { Deadline } from '../clock/deadline-heap.js';
import type { MessageAttributes } from '../messages/message-attributes.js';

/** Where a message is in its life; deleted and expired ones are gone. */
export type MessageState = 'delayed' | 'visible' | 'inFlight';

/** What a sender gives, checked. */
export interface NewMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
  /** The system attribute `AWSTraceHeader`. */
  readonly traceHeader?: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
}

/** A message in a queue. Times are monotonic milliseconds unless they say otherwise. */
export interface Message extends NewMessage {
  readonly id: string;
  readonly bodyMd5: string;
  /** Epoch milliseconds (`SentTimestamp`). */
  readonly sentAt: number;
  /** From when retention counts. */
  readonly enqueuedAt: number;
  /** Order of arrival in its queue. */
  readonly order: number;
  /** FIFO queues only, 20 digits. */
  readonly sequenceNumber?: string;
  /** The queue that a redrive policy took it from. */
  readonly deadLetterSourceArn?: string;
  state: MessageState;
  /** When it becomes visible; meaningless while it is visible. */
  hiddenUntil: number;
  /** The next thing that happens to it: it becomes visible, or its retention ends. */
  deadline: Deadline | undefined;
  receiveCount: number;
  /** Epoch milliseconds. */
  firstReceivedAt: number | undefined;
  receivedAt: number;
  /** Grows with each receive: what makes the newest receipt handle differ from older ones. */
  receipt: number;
  /** Grows with each change of visibility: an answer to a repeated receive request must not outlive one. */
  changes: number;
}
