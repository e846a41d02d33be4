import type { MessageAttribute, QueueMessage } from '#celery/ports';

/** SQS's bound on a message and on a whole batch (since August 2025). */
export const sqsMaximumBytes = 1_048_576;

/** Bytes SQS counts: the body, and of each attribute its name, type and value. */
export function messageSize(message: QueueMessage): number {
  let bytes = Buffer.byteLength(message.body);
  for (const [name, attribute] of Object.entries(message.messageAttributes ?? {})) {
    bytes += Buffer.byteLength(name) + attributeSize(attribute);
  }
  return bytes;
}

function attributeSize(attribute: MessageAttribute): number {
  return (
    Buffer.byteLength(attribute.DataType) +
    Buffer.byteLength(attribute.StringValue ?? '') +
    (attribute.BinaryValue?.byteLength ?? 0)
  );
}
