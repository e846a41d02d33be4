import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
  type MessageAttributeValue,
} from '@aws-sdk/client-sqs';
import type { LambdaHandler, SQSBatchResponse, SQSEvent, SQSRecord } from 'nestjs-sqs-celery/lambda';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';

export interface EventSourceMappingOptions {
  readonly sqs: LocalSqs;
  readonly queue: string;
  /** Milliseconds. Default: the machine's. */
  readonly now?: () => number;
  /** The function's timeout in milliseconds. Default: 30 000. */
  readonly timeoutMs?: number;
}

/** What AWS Lambda does between a queue and a function, with `ReportBatchItemFailures`. */
export class EventSourceMapping implements Disposable {
  readonly #client: SQSClient;

  constructor(
    private readonly handler: LambdaHandler,
    private readonly options: EventSourceMappingOptions,
  ) {
    const { endpoint, region } = options.sqs;
    this.#client = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  }

  /** Receives up to ten messages, invokes the function with them, and deletes what it does not report. Rejects as the function does. */
  async poll(): Promise<SQSBatchResponse> {
    return this.invoke(await this.receive());
  }

  async receive(): Promise<SQSEvent> {
    const { arn, url } = this.#queue;
    const received = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    return { Records: (received.Messages ?? []).map((message) => recordOf(message, arn)) };
  }

  async invoke(event: SQSEvent): Promise<SQSBatchResponse> {
    const { timeoutMs = 30_000, now = () => performance.now() } = this.options;
    const endsAt = now() + timeoutMs;
    const response = await this.handler(event, { getRemainingTimeInMillis: () => endsAt - now() });
    const failed = new Set(response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    await this.#delete(event.Records.filter(({ messageId }) => !failed.has(messageId)));
    return response;
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  get #queue() {
    return this.options.sqs.queue(this.options.queue);
  }

  async #delete(records: readonly SQSRecord[]): Promise<void> {
    if (records.length === 0) return;
    const Entries = records.map(({ receiptHandle }, i) => ({ Id: String(i), ReceiptHandle: receiptHandle }));
    await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queue.url, Entries }));
  }
}

/** A record as Lambda builds it. */
function recordOf({ MessageId, ReceiptHandle, Body, MD5OfBody, Attributes, MessageAttributes }: Message, arn: string) {
  return {
    messageId: MessageId ?? '',
    receiptHandle: ReceiptHandle ?? '',
    body: Body ?? '',
    attributes: systemAttributes(Attributes),
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes ?? {}).map(([name, value]) => [name, attributeOf(value)]),
    ),
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: arn.split(':')[3],
  };
}

function attributeOf({ DataType = 'String', StringValue, BinaryValue }: MessageAttributeValue) {
  return {
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}

function systemAttributes(attributes: Message['Attributes']): SQSRecord['attributes'] {
  return {
    ApproximateReceiveCount: '',
    SentTimestamp: '',
    ApproximateFirstReceiveTimestamp: '',
    ...attributes,
  };
}
