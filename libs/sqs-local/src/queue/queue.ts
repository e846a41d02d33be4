import { randomUUID } from 'node:crypto';
import type { Deadlines } from '../clock/deadlines.js';
import { md5 } from '../messages/md5.js';
import { ExpiringMap } from './expiring-map.js';
import { FifoLine } from './fifo-line.js';
import type { Line } from './line.js';
import type { Message, NewMessage } from './message.js';
import { MessageStore, type MessageCounts } from './message-store.js';
import { decodeReceiptHandle, encodeReceiptHandle } from './receipt-handle.js';
import { StandardLine } from './standard-line.js';
import type { QueueSettings } from './settings.js';
import { Waiters } from './waiters.js';

/** What a queue needs from the endpoint it belongs to. */
export interface QueueHost {
  readonly deadlines: Deadlines;
  /** Epoch milliseconds. */
  now(): number;
  /** Tells that a queue may have something for its long polls. */
  wake(queue: Queue): void;
}

/** The state of one message as {@link Queue.find} sees it through a receipt handle. */
export interface Found {
  readonly message: Message;
  /** False when the message was received again since. */
  readonly latest: boolean;
}

/** One queue: its settings, its messages and who waits for them. The rules of the operations are with the operations. */
export class Queue {
  readonly id = randomUUID();
  readonly tags = new Map<string, string>();
  readonly createdAt: number;
  readonly messages: MessageStore;
  readonly waiters: Waiters;
  /** FIFO queues: the messages accepted in the last five minutes, by deduplication key. */
  readonly deduplication: ExpiringMap<Message>;
  /** FIFO queues: what was answered to a `ReceiveRequestAttemptId` in the last five minutes. */
  readonly attempts: ExpiringMap<readonly ReceivedMessage[]>;
  modifiedAt: number;
  /** Monotonic milliseconds. */
  purgedAt = -Infinity;
  private readonly line: Line;
  private lastOrder = 0;

  constructor(
    readonly name: string,
    readonly arn: string,
    private current: QueueSettings,
    private readonly host: QueueHost,
  ) {
    const now = (): number => host.deadlines.now();
    this.createdAt = host.now();
    this.modifiedAt = this.createdAt;
    this.line = this.fifo ? new FifoLine() : new StandardLine();
    const retentionMs = (): number => this.settings.MessageRetentionPeriod * 1000;
    this.messages = new MessageStore(this.line, host.deadlines, retentionMs, () => host.wake(this));
    this.waiters = new Waiters(host.deadlines);
    this.deduplication = new ExpiringMap(now);
    this.attempts = new ExpiringMap(now);
  }

  get fifo(): boolean {
    return this.name.endsWith('.fifo');
  }

  get settings(): QueueSettings {
    return this.current;
  }

  /** Takes new settings and lets retention, and on FIFO queues the delay, apply to the messages that are there. */
  configure(settings: QueueSettings): void {
    const before = this.current;
    this.current = settings;
    this.modifiedAt = this.host.now();
    if (settings.MessageRetentionPeriod !== before.MessageRetentionPeriod) this.messages.reschedule();
    if (this.fifo && settings.DelaySeconds !== before.DelaySeconds) this.redelay(settings.DelaySeconds);
  }

  count(): MessageCounts {
    return this.messages.count();
  }

  /** Puts a new message into the queue, hidden for `delaySeconds`. */
  put(fresh: NewMessage, delaySeconds: number): Message {
    return this.admit({ ...fresh, id: randomUUID(), bodyMd5: md5(fresh.body), sentAt: this.host.now() }, delaySeconds);
  }

  /**
   * Takes over a message of another queue, as the redrive policy of that queue says. It keeps its id, time of sending
   * and receive count; retention goes on counting on a standard queue and starts anew on a FIFO queue.
   */
  adopt(message: Message, deadLetterSourceArn: string): void {
    const { receiveCount, firstReceivedAt } = message;
    const enqueuedAt = this.fifo ? undefined : message.enqueuedAt;
    this.admit({ ...message, deadLetterSourceArn }, 0, { receiveCount, firstReceivedAt }, enqueuedAt);
  }

  /** The next messages to hand out, without taking them. */
  peek(max: number): Message[] {
    return this.line.select(max);
  }

  /** Hands out a visible message: hides it for `visibilitySeconds` and gives it a receipt handle of its own. */
  receive(message: Message, visibilitySeconds: number): ReceivedMessage {
    message.receiveCount++;
    message.receipt++;
    message.changes++;
    message.receivedAt = this.host.deadlines.now();
    message.firstReceivedAt ??= this.host.now();
    this.messages.hide(message, visibilitySeconds * 1000);
    return { message, receiptHandle: encodeReceiptHandle(this.id, message), changes: message.changes };
  }

  /** What a receipt handle stands for: `'foreign'` when this queue never gave it out, `undefined` when the message is gone. */
  find(receiptHandle: string): Found | 'foreign' | undefined {
    const receipt = decodeReceiptHandle(this.id, receiptHandle);
    if (receipt === undefined) return 'foreign';
    const message = this.messages.get(receipt.messageId);
    return message && { message, latest: message.receipt === receipt.receipt };
  }

  private admit(
    message: NewMessage & Pick<Message, 'id' | 'bodyMd5' | 'sentAt' | 'deadLetterSourceArn'>,
    delaySeconds: number,
    history: Pick<Message, 'receiveCount' | 'firstReceivedAt'> = { receiveCount: 0, firstReceivedAt: undefined },
    enqueuedAt = this.host.deadlines.now(),
  ): Message {
    const order = ++this.lastOrder;
    const admitted: Message = {
      ...message,
      ...history,
      order,
      enqueuedAt,
      sequenceNumber: this.fifo ? sequenceNumber(order) : undefined,
      state: delaySeconds > 0 ? 'delayed' : 'visible',
      hiddenUntil: this.host.deadlines.now() + delaySeconds * 1000,
      deadline: undefined,
      receivedAt: 0,
      receipt: 0,
      changes: 0,
    };
    this.messages.add(admitted);
    return admitted;
  }

  private redelay(delaySeconds: number): void {
    for (const message of this.messages.values()) {
      if (message.state === 'delayed') this.messages.delayUntil(message, message.enqueuedAt + delaySeconds * 1000);
    }
  }
}

/** A message as one receive handed it out. */
export interface ReceivedMessage {
  readonly message: Message;
  readonly receiptHandle: string;
  /** {@link Message.changes} at that time. */
  readonly changes: number;
}

/** 20 digits, growing, not consecutive. */
function sequenceNumber(order: number): string {
  return (18_850_000_000_000_000_000n + BigInt(order) * 256n).toString();
}
