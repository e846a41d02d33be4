import { randomUUID } from 'node:crypto';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';

export interface RawSendOptions {
  readonly groupId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Puts a body on a queue as it is: what any other program may send. */
export async function sendRaw(
  sqs: LocalSqs,
  queue: string,
  body: string,
  { groupId, attributes = {} }: RawSendOptions = {},
): Promise<void> {
  const input = {
    QueueUrl: sqs.queue(queue).url,
    MessageBody: body,
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
    ...(groupId !== undefined && { MessageGroupId: groupId, MessageDeduplicationId: randomUUID() }),
  };
  const response = await fetch(sqs.endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'AmazonSQS.SendMessage' },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`SendMessage: ${response.status} ${await response.text()}`);
}
