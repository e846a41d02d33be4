import { isRecord } from '../canvas/signature-json.js';
import type { MessageAttribute, MessageAttributes } from '../ports/queue.js';
import type { ForeignFormat, ForeignMessage } from './decoded-message.js';
import type { Wire } from './read-value.js';

/** What Amazon SNS says of a notification, where raw message delivery is off. What is missing or not text is undefined. */
export interface SnsEnvelope {
  /** SNS's MessageId; not the one SQS gives. */
  readonly messageId?: string;
  readonly topicArn?: string;
  readonly subject?: string;
  /** When it was published, ISO 8601. */
  readonly timestamp?: string;
  /** Place in the order of a FIFO topic. */
  readonly sequenceNumber?: string;
}

/** What Amazon EventBridge says of an event. What is missing or not text is undefined. */
export interface EventBridgeEnvelope {
  readonly id?: string;
  /** `detail-type`: `Object Created`, … */
  readonly detailType?: string;
  /** `aws.s3`, or the name of the sender's own. */
  readonly source?: string;
  /** Number of the account. */
  readonly account?: string;
  readonly region?: string;
  /** When it happened, ISO 8601. */
  readonly time?: string;
  /** ARNs of what it is about. */
  readonly resources: readonly string[];
}

/** A message that is not Celery's, taken out of its envelope. */
export interface ForeignContent {
  readonly format: ForeignFormat;
  /** JSON that was parsed, or text as it came. */
  readonly payload: unknown;
  readonly sns?: SnsEnvelope;
  readonly eventBridge?: EventBridgeEnvelope;
  /** Attributes that the envelope carries, in SQS's shape: those SNS would pass on with raw message delivery. */
  readonly messageAttributes: MessageAttributes;
}

const NO_ATTRIBUTES: MessageAttributes = {};

/**
 * Opens a message that is not Celery's. JSON is what `JSON.parse` reads, as it came or in base64, as kombu sends it; everything
 * else is text, which stays as it came: words may happen to be base64. Never throws.
 */
export function openForeign(body: string, { text, format }: ForeignMessage): ForeignContent {
  const json = parse(body) ?? parse(text);
  if (!json) return { format: 'text', payload: body, messageAttributes: NO_ATTRIBUTES };
  const { value } = json;
  if (format === 'sns' && isRecord(value)) return openSns(value);
  if (format === 'eventbridge' && isRecord(value)) return openEventBridge(value);
  return { format: 'json', payload: value, messageAttributes: NO_ATTRIBUTES };
}

function openSns(value: Wire): ForeignContent {
  const { Message: message, MessageAttributes: attributes } = value;
  const inner = typeof message === 'string' ? parse(message) : undefined;
  return {
    format: 'sns',
    payload: inner ? inner.value : message,
    sns: texts(value, {
      messageId: 'MessageId',
      topicArn: 'TopicArn',
      subject: 'Subject',
      timestamp: 'Timestamp',
      sequenceNumber: 'SequenceNumber',
    }),
    messageAttributes: isRecord(attributes) ? toSqsAttributes(attributes) : NO_ATTRIBUTES,
  };
}

function openEventBridge(value: Wire): ForeignContent {
  const { detail, resources } = value;
  const fields = texts(value, {
    id: 'id',
    detailType: 'detail-type',
    source: 'source',
    account: 'account',
    region: 'region',
    time: 'time',
  });
  const arns = Array.isArray(resources) ? resources.filter((arn) => typeof arn === 'string') : [];
  return {
    format: 'eventbridge',
    payload: detail,
    eventBridge: { ...fields, resources: arns },
    messageAttributes: NO_ATTRIBUTES,
  };
}

/** The fields that are text, by our names. */
function texts<Name extends string>(value: Wire, names: Record<Name, string>): { [Key in Name]?: string } {
  const found: { [Key in Name]?: string } = {};
  for (const name in names) {
    const field = value[names[name]];
    if (typeof field === 'string') found[name] = field;
  }
  return found;
}

/** SNS writes `{ Type, Value }` where SQS has `{ DataType, StringValue }`. */
function toSqsAttributes(attributes: Wire): MessageAttributes {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, attribute]) => {
      const { Type: type, Value: value }: Wire = isRecord(attribute) ? attribute : {};
      return typeof type === 'string' && typeof value === 'string' ? [[name, toSqsAttribute(type, value)]] : [];
    }),
  );
}

function toSqsAttribute(type: string, value: string): MessageAttribute {
  return type.startsWith('Binary')
    ? { DataType: type, BinaryValue: Buffer.from(value, 'base64') }
    : { DataType: type, StringValue: value };
}

/** In an object, as `null` is JSON as well. */
function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
