/** As much of a Lambda invocation's context as is needed. */
export interface LambdaContext {
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis(): number;
}

/** What Lambda hands over of a message attribute; binary values in base64. */
export interface SQSMessageAttribute {
  readonly dataType: string;
  readonly stringValue?: string | undefined;
  readonly binaryValue?: string | undefined;
}

/** SQS's own attributes of a message. */
export interface SQSRecordAttributes {
  readonly ApproximateReceiveCount: string;
  readonly SentTimestamp: string;
  readonly ApproximateFirstReceiveTimestamp: string;
  readonly MessageGroupId?: string | undefined;
  readonly MessageDeduplicationId?: string | undefined;
  readonly DeadLetterQueueSourceArn?: string | undefined;
}

/** One message, as an SQS event source mapping hands it over. */
export interface SQSRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: SQSRecordAttributes;
  readonly messageAttributes: Readonly<Record<string, SQSMessageAttribute>>;
  /** ARN of the queue. */
  readonly eventSourceARN: string;
}

/** What a function behind an SQS event source mapping is invoked with: the part of `@types/aws-lambda`'s type that is used. */
export interface SQSEvent {
  readonly Records: readonly SQSRecord[];
}

/** The messages that are not done; Lambda deletes the others. */
export interface SQSBatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}
