import { md5OfAttributes } from '../messages/md5.js';
import type { MessageAttribute, MessageAttributes } from '../messages/message-attributes.js';
import type { Params } from '../protocol/params.js';
import type { Message } from '../queue/message.js';
import type { ReceivedMessage } from '../queue/queue.js';
import type { Output } from './operation.js';

/** There are no users: every message has the same sender. */
const SENDER_ID = 'AIDALOCALSQSENDPOINT';

/** Which attributes a receive asks for. */
export interface Selection {
  readonly system: ReadonlySet<string>;
  readonly allSystem: boolean;
  readonly names: readonly string[];
}

/** Reads the attribute names of a receive: the old and the new parameter for system attributes. */
export function readSelection(params: Params): Selection {
  const system = new Set([...params.strings('AttributeNames'), ...params.strings('MessageSystemAttributeNames')]);
  // Python's Celery asks for "ALL" where a user wrote it in any case.
  const allSystem = [...system].some((name) => name.toLowerCase() === 'all');
  return { system, allSystem, names: params.strings('MessageAttributeNames') };
}

/** A received message as SQS describes it, with the attributes that were asked for. */
export function describeMessage({ message, receiptHandle }: ReceivedMessage, selection: Selection): Output {
  const system = [...systemAttributes(message)].filter(([name]) => selection.allSystem || selection.system.has(name));
  const attributes = selectAttributes(message.attributes, selection.names);
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle,
    MD5OfBody: message.bodyMd5,
    Body: message.body,
    Attributes: system.length === 0 ? undefined : Object.fromEntries(system),
    MD5OfMessageAttributes: md5OfAttributes(attributes),
    MessageAttributes: attributes.size === 0 ? undefined : describeAttributes(attributes),
  };
}

function* systemAttributes(message: Message): Iterable<[string, string]> {
  yield ['SenderId', SENDER_ID];
  yield ['SentTimestamp', String(message.sentAt)];
  yield ['ApproximateReceiveCount', String(message.receiveCount)];
  const optional: [string, string | number | undefined][] = [
    ['ApproximateFirstReceiveTimestamp', message.firstReceivedAt],
    ['SequenceNumber', message.sequenceNumber],
    ['MessageDeduplicationId', message.deduplicationId],
    ['MessageGroupId', message.groupId],
    ['AWSTraceHeader', message.traceHeader],
    ['DeadLetterQueueSourceArn', message.deadLetterSourceArn],
  ];
  for (const [name, value] of optional) if (value !== undefined) yield [name, String(value)];
}

function selectAttributes(attributes: MessageAttributes, names: readonly string[]): MessageAttributes {
  if (names.includes('All') || names.includes('.*')) return attributes;
  const prefixes = names.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2));
  const wanted = (name: string): boolean => names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
  return new Map([...attributes].filter(([name]) => wanted(name)));
}

function describeAttributes(attributes: MessageAttributes): Output {
  return Object.fromEntries([...attributes].map(([name, attribute]) => [name, describeAttribute(attribute)]));
}

function describeAttribute({ dataType, value }: MessageAttribute): Output {
  return Buffer.isBuffer(value)
    ? { DataType: dataType, BinaryValue: value.toString('base64') }
    : { DataType: dataType, StringValue: value };
}
