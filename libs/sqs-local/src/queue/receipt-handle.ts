import type { Message } from './message.js';

/** What a receipt handle says: which receive of which message of which queue. */
export interface Receipt {
  readonly messageId: string;
  readonly receipt: number;
}

const FORM = /^([0-9a-f-]{36}) ([0-9a-f-]{36}) (\d{1,15})$/;

/** Makes the receipt handle of the latest receive of `message`. */
export function encodeReceiptHandle(queueId: string, message: Message): string {
  return Buffer.from(`${queueId} ${message.id} ${message.receipt}`).toString('base64');
}

/** Reads a receipt handle of the queue; `undefined` when this queue never gave out such a handle. */
export function decodeReceiptHandle(queueId: string, handle: string): Receipt | undefined {
  const [, queue, messageId, receipt] = FORM.exec(Buffer.from(handle, 'base64').toString('latin1')) ?? [];
  if (queue !== queueId || messageId === undefined) return undefined;
  return { messageId, receipt: Number(receipt) };
}
