import type { MessageAttributes, QueueInfo } from './queue.js';

/** One SendMessage. */
export interface QueueMessage {
  /** The message body as SQS stores it. */
  readonly body: string;
  /** SQS `DelaySeconds`, 0–900; standard queues only. */
  readonly delaySeconds?: number;
  /** SQS `MessageGroupId`: order on FIFO queues, fairness on standard ones. */
  readonly messageGroupId?: string;
  /** SQS `MessageDeduplicationId`; FIFO queues only. */
  readonly messageDeduplicationId?: string;
  readonly messageAttributes?: MessageAttributes;
}

/** Puts messages on queues; gathers what is sent at the same time into batches. */
export interface MessageSender {
  /** What is known of a queue, without a request; undefined for a queue that is not configured. */
  queue(name: string): QueueInfo | undefined;
  /** Resolves once SQS has accepted the message. Rejects with a typed transport error; retries what may be retried first. */
  send(queueName: string, message: QueueMessage): Promise<void>;
  /**
   * Sends to the queue named by an ARN (a dead-letter queue), with the client and account of `source`.
   * Needs `sqs:SendMessage` there and nothing else.
   */
  sendToArn(arn: string, source: QueueInfo, message: QueueMessage): Promise<void>;
}
