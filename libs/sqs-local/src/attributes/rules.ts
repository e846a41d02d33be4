import { invalidAttributeValue } from '../errors.js';
import type { QueueSettings } from '../queue/settings.js';
import { parseJsonObject, parseRedriveAllowPolicy, parseRedrivePolicy } from './policies.js';

/** How one attribute is read. */
export interface AttributeRule<T> {
  /** The attribute exists on FIFO queues only. */
  readonly fifoOnly?: true;
  /** An empty value takes the attribute away. */
  readonly clearable?: true;
  parse(raw: string): T;
}

type Rules = { readonly [K in keyof QueueSettings]-?: AttributeRule<NonNullable<QueueSettings[K]>> };

/** Every attribute that the owner of a queue can set, apart from `FifoQueue`, which can only be given at its creation. */
export const ATTRIBUTE_RULES: Rules = {
  VisibilityTimeout: integer('VisibilityTimeout', 0, 43_200),
  DelaySeconds: integer('DelaySeconds', 0, 900),
  MessageRetentionPeriod: integer('MessageRetentionPeriod', 60, 1_209_600),
  ReceiveMessageWaitTimeSeconds: integer('ReceiveMessageWaitTimeSeconds', 0, 20),
  MaximumMessageSize: integer('MaximumMessageSize', 1_024, 1_048_576),
  SqsManagedSseEnabled: flag('SqsManagedSseEnabled'),
  KmsMasterKeyId: { clearable: true, parse: parseKmsKey },
  KmsDataKeyReusePeriodSeconds: integer('KmsDataKeyReusePeriodSeconds', 60, 86_400),
  Policy: { clearable: true, parse: (raw) => JSON.stringify(parseJsonObject(raw, 'Policy')) },
  RedrivePolicy: { clearable: true, parse: parseRedrivePolicy },
  RedriveAllowPolicy: { clearable: true, parse: parseRedriveAllowPolicy },
  ContentBasedDeduplication: { fifoOnly: true, ...flag('ContentBasedDeduplication') },
  DeduplicationScope: { fifoOnly: true, ...choice('DeduplicationScope', ['queue', 'messageGroup']) },
  FifoThroughputLimit: { fifoOnly: true, ...choice('FifoThroughputLimit', ['perQueue', 'perMessageGroupId']) },
};

/** Tells whether `name` is an attribute that can be set. */
export function isSettable(name: string): name is keyof QueueSettings {
  return Object.hasOwn(ATTRIBUTE_RULES, name);
}

function integer(name: string, min: number, max: number): AttributeRule<number> {
  return {
    parse(raw) {
      const value = Number(raw);
      if (/^\d{1,10}$/.test(raw) && value >= min && value <= max) return value;
      throw invalidAttributeValue(name, `It must be an integer from ${min} to ${max}.`);
    },
  };
}

function flag(name: string): AttributeRule<boolean> {
  return {
    parse(raw) {
      const value = raw.toLowerCase();
      if (value === 'true' || value === 'false') return value === 'true';
      throw invalidAttributeValue(name, 'It must be true or false.');
    },
  };
}

function choice<T extends string>(name: string, values: readonly T[]): AttributeRule<T> {
  return {
    parse(raw) {
      const value = values.find((known) => known === raw);
      if (value !== undefined) return value;
      throw invalidAttributeValue(name, `It must be one of ${values.join(', ')}.`);
    },
  };
}

/** A key's id, its ARN, an alias or an alias's ARN. There is no KMS here: whether it exists is not asked. */
function parseKmsKey(raw: string): string {
  if (/^[A-Za-z0-9:/_-]{1,2048}$/.test(raw)) return raw;
  throw invalidAttributeValue('KmsMasterKeyId', 'It must be the id, the alias or the ARN of a key.');
}
