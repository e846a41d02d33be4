import type { RedrivePolicy } from '#celery/ports';

import type { AttributeDifference } from '../errors/index.js';
import { sameJson } from './same-json.js';

/** Every attribute a queue can be created with; names are SQS's own in camelCase, times in seconds. */
export interface QueueAttributes {
  /** Seconds a received message is hidden (0–43 200; SQS's default 30). */
  readonly visibilityTimeout?: number;
  /** Seconds every message is hidden at first (0–900; default 0). */
  readonly delaySeconds?: number;
  /** Seconds a receive waits when it does not say so itself (0–20; default 0). */
  readonly receiveMessageWaitTimeSeconds?: number;
  /** Seconds a message is kept (60–1 209 600; default 345 600, four days). */
  readonly messageRetentionPeriod?: number;
  /** Bytes of the largest message (1 024–1 048 576; default 1 048 576). */
  readonly maximumMessageSize?: number;
  /** FIFO: the deduplication id is a hash of the body. */
  readonly contentBasedDeduplication?: boolean;
  /** FIFO: what a deduplication id is unique within. */
  readonly deduplicationScope?: 'queue' | 'messageGroup';
  /** FIFO: what the throughput quota counts; `perMessageGroupId` needs `deduplicationScope: 'messageGroup'`. */
  readonly fifoThroughputLimit?: 'perQueue' | 'perMessageGroupId';
  /** SSE-SQS (default true); not together with `kmsMasterKeyId`. */
  readonly sqsManagedSseEnabled?: boolean;
  /** SSE-KMS: id, ARN or alias of the key. */
  readonly kmsMasterKeyId?: string;
  /** SSE-KMS: seconds a data key is used (60–86 400; default 300). */
  readonly kmsDataKeyReusePeriodSeconds?: number;
  /** The queue's access policy: an IAM policy document, or its JSON. */
  readonly policy?: Readonly<Record<string, unknown>> | string;
  /** Where messages go that were received too often. */
  readonly redrivePolicy?: RedrivePolicy;
  /** Which queues may use this one as their dead-letter queue. */
  readonly redriveAllowPolicy?: {
    readonly redrivePermission: 'allowAll' | 'denyAll' | 'byQueue';
    readonly sourceQueueArns?: readonly string[];
  };
}

type Attribute = keyof QueueAttributes;
type AttributeValue = QueueAttributes[Attribute];

/** What values an attribute takes. */
interface AttributeKind {
  readonly expected: string;
  accepts(value: AttributeValue): boolean;
}

const number = (min: number, max: number): AttributeKind => ({
  expected: `a whole number from ${min} to ${max}`,
  accepts: (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
});
const oneOf = (...values: string[]): AttributeKind => ({
  expected: values.join(' or '),
  accepts: (value) => typeof value === 'string' && values.includes(value),
});
const boolean: AttributeKind = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const text: AttributeKind = { expected: 'a text', accepts: (value) => typeof value === 'string' && value !== '' };
const json: AttributeKind = { expected: 'an object or its JSON', accepts: isJson };

const kinds: Readonly<Record<Attribute, AttributeKind>> = {
  visibilityTimeout: number(0, 43_200),
  delaySeconds: number(0, 900),
  receiveMessageWaitTimeSeconds: number(0, 20),
  messageRetentionPeriod: number(60, 1_209_600),
  maximumMessageSize: number(1024, 1_048_576),
  contentBasedDeduplication: boolean,
  deduplicationScope: oneOf('queue', 'messageGroup'),
  fifoThroughputLimit: oneOf('perQueue', 'perMessageGroupId'),
  sqsManagedSseEnabled: boolean,
  kmsMasterKeyId: text,
  kmsDataKeyReusePeriodSeconds: number(60, 86_400),
  policy: json,
  redrivePolicy: json,
  redriveAllowPolicy: json,
};

const fifoOnly: readonly Attribute[] = ['contentBasedDeduplication', 'deduplicationScope', 'fifoThroughputLimit'];

/** One line for each attribute SQS would refuse: its name, what is expected, what was given. */
export function invalidAttributes(attributes: QueueAttributes, fifo: boolean): string[] {
  const problems = given(attributes).flatMap(([attribute, value]) => {
    if (!isAttribute(attribute)) return [`${attribute} is not an attribute of a queue`];
    if (!fifo && fifoOnly.includes(attribute)) return [`${attribute} is for FIFO queues only`];
    const kind = kinds[attribute];
    return kind.accepts(value) ? [] : [`${attribute} must be ${kind.expected}, not ${shown(value)}`];
  });
  if (attributes.sqsManagedSseEnabled === true && attributes.kmsMasterKeyId !== undefined) {
    problems.push('sqsManagedSseEnabled and kmsMasterKeyId exclude each other');
  }
  if (attributes.redrivePolicy) problems.push(...invalidRedrivePolicy(attributes.redrivePolicy));
  return problems;
}

/** The attributes as CreateQueue takes them. */
export function toSqsAttributes(attributes: QueueAttributes): Record<string, string> {
  return Object.fromEntries(
    given(attributes).map(([attribute, value]) => [sqsAttributeName(attribute), encode(value)]),
  );
}

/** The configured attributes whose value on SQS is another one. */
export function differingAttributes(
  wanted: QueueAttributes,
  found: Partial<Record<string, string>>,
): AttributeDifference[] {
  return given(wanted).flatMap(([attribute, value]) => {
    const actual = found[sqsAttributeName(attribute)];
    return sameAttribute(value, actual) ? [] : [{ attribute, wanted: encode(value), found: actual }];
  });
}

/** Reads SQS's `RedrivePolicy`; consoles and templates write its count as text. Undefined for none or an unreadable one. */
export function parseRedrivePolicy(json: string | undefined): RedrivePolicy | undefined {
  if (!json) return undefined;
  const policy: unknown = JSON.parse(json);
  if (typeof policy !== 'object' || policy === null) return undefined;
  const deadLetterTargetArn: unknown = Reflect.get(policy, 'deadLetterTargetArn');
  const maxReceiveCount = Number(Reflect.get(policy, 'maxReceiveCount'));
  if (typeof deadLetterTargetArn !== 'string' || !Number.isFinite(maxReceiveCount)) return undefined;
  return { deadLetterTargetArn, maxReceiveCount };
}

function given(attributes: QueueAttributes): [string, AttributeValue][] {
  return Object.entries(attributes).filter(([, value]) => value !== undefined);
}

function isAttribute(name: string): name is Attribute {
  return Object.hasOwn(kinds, name);
}

function sqsAttributeName(attribute: string): string {
  return attribute.charAt(0).toUpperCase() + attribute.slice(1);
}

function isJson(value: AttributeValue): boolean {
  if (typeof value !== 'string') return typeof value === 'object';
  try {
    return typeof JSON.parse(value) === 'object';
  } catch {
    return false;
  }
}

function invalidRedrivePolicy(policy: RedrivePolicy): string[] {
  const problems: string[] = [];
  if (!/^arn:[^:]*:sqs:[^:]*:[^:]*:.+$/.test(policy.deadLetterTargetArn)) {
    problems.push('redrivePolicy.deadLetterTargetArn must be the ARN of an SQS queue');
  }
  if (!Number.isInteger(policy.maxReceiveCount) || policy.maxReceiveCount < 1 || policy.maxReceiveCount > 1000) {
    problems.push(`redrivePolicy.maxReceiveCount must be a whole number from 1 to 1000, not ${policy.maxReceiveCount}`);
  }
  return problems;
}

function encode(value: AttributeValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A policy document may be long: an error names it by its type. */
function shown(value: AttributeValue): string {
  return typeof value === 'object' ? 'an object' : String(value);
}

function sameAttribute(wanted: AttributeValue, found: string | undefined): boolean {
  if (found === undefined) return wanted === false || wanted === '';
  const encoded = encode(wanted);
  return encoded === found || sameJson(encoded, found);
}
