import { describeQueue } from '../attributes/describe.js';
import type { Message, MessageState } from '../queue/message.js';
import type { Queue } from '../queue/queue.js';

/** What a test sees of a message. */
export interface MessageView {
  readonly messageId: string;
  readonly body: string;
  readonly state: MessageState;
  /** Milliseconds until it becomes visible; 0 while it is. */
  readonly hiddenForMs: number;
  readonly receiveCount: number;
  /** Epoch milliseconds. */
  readonly sentTimestamp: number;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  readonly sequenceNumber: string | undefined;
  /** Message attributes by name; binary values are buffers. */
  readonly attributes: Readonly<Record<string, { readonly dataType: string; readonly value: string | Buffer }>>;
}

/** What a test sees of a queue, at the moment it looked. */
export interface QueueView {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly fifo: boolean;
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
  /** Receives that wait for messages. */
  readonly longPolls: number;
  /** As `GetQueueAttributes` gives them. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** All messages in order of arrival, whatever their state; none of it counts as a receive. */
  readonly messages: readonly MessageView[];
}

/** Describes a queue; the messages are only copied when they are asked for. */
export function viewQueue(queue: Queue, url: string, now: number): QueueView {
  return {
    name: queue.name,
    url,
    arn: queue.arn,
    fifo: queue.fifo,
    ...queue.count(),
    longPolls: queue.waiters.size,
    attributes: Object.fromEntries(describeQueue(queue)),
    tags: Object.fromEntries(queue.tags),
    get messages() {
      return [...queue.messages.values()].map((message) => viewMessage(message, now));
    },
  };
}

function viewMessage(message: Message, now: number): MessageView {
  return {
    messageId: message.id,
    body: message.body,
    state: message.state,
    hiddenForMs: message.state === 'visible' ? 0 : Math.max(0, message.hiddenUntil - now),
    receiveCount: message.receiveCount,
    sentTimestamp: message.sentAt,
    groupId: message.groupId,
    deduplicationId: message.deduplicationId,
    sequenceNumber: message.sequenceNumber,
    attributes: Object.fromEntries(message.attributes),
  };
}
