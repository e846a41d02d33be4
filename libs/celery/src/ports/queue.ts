/** The part of an SQS redrive policy that decides how often a message may be received. */
export interface RedrivePolicy {
  /** ARN of the dead-letter queue. */
  readonly deadLetterTargetArn: string;
  /** Receives after which SQS moves the message to the dead-letter queue instead of delivering it. */
  readonly maxReceiveCount: number;
}

/** What is known of a queue. Attributes are undefined where `sqs:GetQueueAttributes` was denied or never asked. */
export interface QueueInfo {
  /** The name Celery uses, unmangled and unprefixed: the routing key. */
  readonly name: string;
  /** The queue's URL. */
  readonly url: string;
  /** Whether it is a FIFO queue (its SQS name ends with `.fifo`). */
  readonly fifo: boolean;
  /** Default visibility timeout in seconds. */
  readonly visibilityTimeout?: number;
  /** Seconds SQS keeps a message. */
  readonly messageRetentionPeriod?: number;
  /** Largest message in bytes, attributes included. */
  readonly maximumMessageSize?: number;
  /** Undefined: no dead-letter queue, or not known. */
  readonly redrivePolicy?: RedrivePolicy;
}

/** A message attribute in SQS's own shape. */
export interface MessageAttribute {
  /** `String`, `Number` or `Binary`, with an optional label (`String.json`). */
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: Uint8Array;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;
