import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

import type { ReceivedMessages } from '../client/answers.js';
import type { ReceiveEnd } from '../events.js';

/** Bytes of a message as SQS counts them: the body, and of each attribute its name, type and value. */
export function payloadBytes(
  body: string,
  attributes: Readonly<Record<string, MessageAttributeValue>> | undefined,
): number {
  let bytes = Buffer.byteLength(body);
  if (!attributes) return bytes;
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType ?? '') + Buffer.byteLength(StringValue ?? '');
    bytes += BinaryValue?.byteLength ?? 0;
  }
  return bytes;
}

/** How a ReceiveMessage ended; `received` is undefined where no answer came. */
export function receiveEnd(queue: string, received: ReceivedMessages | undefined): ReceiveEnd {
  if (!received) return { queue, answered: false, messages: 0, bytes: 0 };
  let bytes = 0;
  for (const { Body = '', MessageAttributes } of received.messages) bytes += payloadBytes(Body, MessageAttributes);
  return { queue, answered: true, messages: received.messages.length + received.unusable, bytes };
}
