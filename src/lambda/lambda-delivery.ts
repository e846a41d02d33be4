import { type AcknowledgeOptions, type Delivery, type MessageAttributes, type StandAsideOptions } from '#celery';
import type { Receipt } from '#sqs';
import type { EventSourceQueue } from './event-source-queue.js';
import type { InvocationTime } from './invocation-time.js';
import type { SQSMessageAttribute, SQSRecord } from './sqs-event.js';

/** The longest batching window of an event source mapping: for so long Lambda may have held a message before the invocation. */
const LONGEST_BATCHING_WINDOW_MS = 300_000;

/** What a delivery is made of. */
export interface LambdaDeliveryParts {
  readonly record: SQSRecord;
  readonly source: EventSourceQueue;
  readonly time: InvocationTime;
}

/** A message that Lambda received for us. Acknowledged, it is not reported as failed, and Lambda deletes it. */
export class LambdaDelivery implements Delivery {
  readonly queue: Delivery['queue'];
  readonly messageId: string;
  readonly body: string;
  readonly receiveCount: number;
  /** Other invocations' are not known. */
  readonly unstartedReceives = 0;
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  readonly receivedAt: number;
  readonly messageGroupId?: string;
  readonly messageDeduplicationId?: string;
  readonly deadLetterSourceArn?: string;
  readonly messageAttributes: MessageAttributes;
  readonly lease: InvocationTime;
  readonly receipt: Receipt;
  /** A function is paid for while it waits: what may leave, does. */
  readonly mayStandAside = false;
  /** What comes behind it in its group, and must not run before it. */
  followers: readonly LambdaDelivery[] = [];
  readonly #source: EventSourceQueue;
  #isDone = false;
  #acknowledged: Promise<void> | undefined;
  #released: Promise<void> | undefined;

  constructor({ record, source, time }: LambdaDeliveryParts) {
    const { attributes, messageId, receiptHandle } = record;
    this.queue = source.queue;
    this.messageId = messageId;
    this.body = record.body;
    this.receiveCount = Number(attributes.ApproximateReceiveCount);
    this.sentAt = Number(attributes.SentTimestamp);
    this.firstReceivedAt = Number(attributes.ApproximateFirstReceiveTimestamp);
    this.receivedAt = time.beganAt - LONGEST_BATCHING_WINDOW_MS;
    this.receipt = { messageId, receiptHandle, receivedAt: this.receivedAt, until: time.endsAt };
    const { MessageGroupId, MessageDeduplicationId, DeadLetterQueueSourceArn } = attributes;
    if (MessageGroupId !== undefined) this.messageGroupId = MessageGroupId;
    if (MessageDeduplicationId !== undefined) this.messageDeduplicationId = MessageDeduplicationId;
    if (DeadLetterQueueSourceArn !== undefined) this.deadLetterSourceArn = DeadLetterQueueSourceArn;
    this.messageAttributes = attributesOf(record);
    this.lease = time;
    this.#source = source;
  }

  /** Whether it needs no further delivery. */
  get isDone(): boolean {
    return this.#isDone;
  }

  get groupReceiveCount(): number {
    return Math.max(this.receiveCount, ...this.followers.map(({ receiveCount }) => receiveCount));
  }

  /** It lives on elsewhere. */
  done(): void {
    this.#isDone = true;
  }

  acknowledge({ early = false }: AcknowledgeOptions = {}): Promise<void> {
    this.#acknowledged ??= this.#acknowledge(early);
    return this.#acknowledged;
  }

  release(delaySeconds: number): Promise<void> {
    this.#released ??= this.lease.lost ? Promise.resolve() : this.#release(delaySeconds);
    return this.#released;
  }

  async standAside(until: Promise<void>, { handBackSeconds = () => 0 }: StandAsideOptions = {}): Promise<boolean> {
    const inTime = handBackSeconds() * 1000 < this.lease.leftMs;
    if (inTime) await Promise.race([until.catch(() => undefined), this.lease.ended]);
    if (inTime && !this.lease.lost) return true;
    this.#released ??= this.#release(handBackSeconds());
    await this.#released.catch(() => undefined);
    return false;
  }

  async #acknowledge(early: boolean): Promise<void> {
    if (this.lease.lost) throw this.lease.signal.reason ?? new Error('The time of the function has run out');
    // Lambda deletes only what has been run.
    if (early) await this.#source.delete(this.receipt);
    this.done();
  }

  /** With what comes behind it: SQS delivers nothing of a group of which a message is in flight. */
  async #release(delaySeconds: number): Promise<void> {
    if (this.#acknowledged) throw new Error(`Message ${this.messageId} was acknowledged before`);
    const followers = this.#source.handBack(this.followers);
    await Promise.all([followers, this.#source.release(this.receipt, delaySeconds)]);
  }
}

function attributesOf({ messageAttributes }: SQSRecord): MessageAttributes {
  return Object.fromEntries(
    Object.entries(messageAttributes).map(([name, attribute]) => [name, attributeOf(attribute)]),
  );
}

function attributeOf({ dataType, stringValue, binaryValue }: SQSMessageAttribute): MessageAttributes[string] {
  return {
    DataType: dataType,
    ...(stringValue !== undefined && { StringValue: stringValue }),
    ...(binaryValue !== undefined && { BinaryValue: Buffer.from(binaryValue, 'base64') }),
  };
}
