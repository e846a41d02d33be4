import type { QueueMessage } from '#celery/ports';

import { payloadBytes } from '../costs/payload-bytes.js';

/** SQS's bound on a message and on a whole batch (since August 2025). */
export const sqsMaximumBytes = 1_048_576;

/** Bytes SQS counts: the body, and of each attribute its name, type and value. */
export function messageSize(message: QueueMessage): number {
  return payloadBytes(message.body, message.messageAttributes);
}
