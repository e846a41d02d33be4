import { invalidAttributeName, invalidAttributeValue, invalidParameter } from '../errors.js';
import type { QueueSettings } from '../queue/settings.js';
import { ATTRIBUTE_RULES, isSettable } from './rules.js';

/** Attributes as a request gives them. */
export type GivenAttributes = ReadonlyMap<string, string>;

/** Reads the given attributes over `base` and checks that they go together. */
export function readSettings(given: GivenAttributes, base: QueueSettings, fifo: boolean): QueueSettings {
  const changes: Record<string, unknown> = {};
  for (const [name, raw] of given) {
    if (!isSettable(name)) throw invalidAttributeName(name);
    const rule = ATTRIBUTE_RULES[name];
    if (rule.fifoOnly === true && !fifo) throw invalidAttributeName(name);
    changes[name] = raw === '' && rule.clearable === true ? undefined : rule.parse(raw);
  }
  const settings: QueueSettings = withEncryption({ ...base, ...changes }, given);
  checkTogether(settings);
  return settings;
}

/**
 * Reads the `FifoQueue` attribute of a new queue. On a queue whose name has no suffix AWS does not know the attribute,
 * even when it is `false`.
 */
export function checkFifoQueue(name: string, value: string | undefined): void {
  const suffixed = name.endsWith('.fifo');
  if (value !== undefined && value !== 'true' && value !== 'false') throw invalidAttributeValue('FifoQueue');
  if (value === 'true' && !suffixed) {
    throw invalidParameter('QueueName', 'The name of a FIFO queue must end with .fifo.');
  }
  if (value === 'false' && !suffixed) throw invalidAttributeName('FifoQueue');
  if (value !== 'true' && suffixed) {
    throw invalidParameter('QueueName', 'Only the name of a FIFO queue, created with FifoQueue true, ends with .fifo.');
  }
}

/** A key of KMS replaces SQS's own encryption unless the request asks for both, which is refused. */
function withEncryption(settings: QueueSettings, given: GivenAttributes): QueueSettings {
  const replaced = Boolean(given.get('KmsMasterKeyId')) && !given.has('SqsManagedSseEnabled');
  return replaced ? { ...settings, SqsManagedSseEnabled: false } : settings;
}

function checkTogether(settings: QueueSettings): void {
  if (settings.KmsMasterKeyId !== undefined && settings.SqsManagedSseEnabled) {
    throw invalidAttributeValue(
      'SqsManagedSseEnabled',
      'You can use one type of server-side encryption at one time: either KmsMasterKeyId or SqsManagedSseEnabled.',
    );
  }
  if (settings.FifoThroughputLimit === 'perMessageGroupId' && settings.DeduplicationScope !== 'messageGroup') {
    throw invalidAttributeValue(
      'FifoThroughputLimit',
      'perMessageGroupId is allowed only when DeduplicationScope is messageGroup.',
    );
  }
}
