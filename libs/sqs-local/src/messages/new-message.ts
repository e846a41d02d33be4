import { createHash } from 'node:crypto';
import { invalidParameter, missingParameter } from '../errors.js';
import type { NewMessage } from '../queue/message.js';
import type { QueueSettings } from '../queue/settings.js';
import type { Params } from '../protocol/params.js';
import { checkCharacters } from './characters.js';
import { readMessageAttributes, readTraceHeader, sizeOfAttributes } from './message-attributes.js';

/** A message as a sender gave it, checked against the rules of its queue. */
export interface Submission {
  readonly message: NewMessage;
  /** `undefined`: the queue's. */
  readonly delaySeconds: number | undefined;
}

const ID = /^[\x21-\x7e]{1,128}$/;

/** The size that counts against the limits, in bytes: body and attributes. */
export function messageSize(message: Pick<NewMessage, 'body' | 'attributes'>): number {
  return Buffer.byteLength(message.body) + sizeOfAttributes(message.attributes);
}

/** Reads and checks what `SendMessage` and an entry of `SendMessageBatch` carry. */
export function readSubmission(params: Params, queue: { fifo: boolean; settings: QueueSettings }): Submission {
  const body = params.string('MessageBody');
  if (body === undefined || body === '') throw missingParameter('MessageBody');
  checkCharacters('The message body', body);
  const attributes = readMessageAttributes(params);
  const message: NewMessage = {
    body,
    attributes,
    traceHeader: readTraceHeader(params)?.value.toString(),
    ...(queue.fifo ? fifoIds(params, body, queue.settings) : standardIds(params)),
  };
  checkSize(message, queue.settings.MaximumMessageSize);
  return { message, delaySeconds: readDelay(params, queue.fifo) };
}

function checkSize(message: NewMessage, limit: number): void {
  const size = messageSize(message);
  if (size <= limit) return;
  throw invalidParameter('MessageBody', `The message must be shorter than ${limit} bytes; it has ${size}.`);
}

function readDelay(params: Params, fifo: boolean): number | undefined {
  const delay = params.integer('DelaySeconds', 0, 900);
  if (fifo && delay !== undefined && delay > 0) {
    throw invalidParameter('DelaySeconds', 'A FIFO queue has a delay only as a whole.');
  }
  // A zero says nothing on a FIFO queue: it must not switch the delay of the queue off.
  return fifo ? undefined : delay;
}

function fifoIds(
  params: Params,
  body: string,
  settings: QueueSettings,
): Pick<NewMessage, 'groupId' | 'deduplicationId'> {
  const groupId = readId(params, 'MessageGroupId');
  if (groupId === undefined) throw missingParameter('MessageGroupId');
  const deduplicationId =
    readId(params, 'MessageDeduplicationId') ??
    (settings.ContentBasedDeduplication === true ? sha256(body) : undefined);
  if (deduplicationId === undefined) {
    throw invalidParameter(
      'MessageDeduplicationId',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly.',
    );
  }
  return { groupId, deduplicationId };
}

function standardIds(params: Params): Pick<NewMessage, 'groupId'> {
  if (params.string('MessageDeduplicationId') !== undefined) {
    throw invalidParameter(
      'MessageDeduplicationId',
      'The request includes a parameter that is not valid for this queue type.',
    );
  }
  return { groupId: readId(params, 'MessageGroupId') };
}

/** Reads an id of up to 128 printable ASCII characters without blanks. */
export function readId(params: Params, name: string): string | undefined {
  const id = params.string(name);
  if (id === undefined || ID.test(id)) return id;
  throw invalidParameter(name, 'It can only include alphanumeric and punctuation characters, 1 to 128 in length.');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
