import { invalidAttributeValue, invalidParameter } from '../errors.js';
import { isMembers, type Members } from '../protocol/params.js';
import type { RedriveAllowPolicy, RedrivePolicy } from '../queue/settings.js';

/** SQS's default where a redrive policy names no count. */
const DEFAULT_MAX_RECEIVE_COUNT = 10;
const MAX_SOURCE_QUEUES = 10;
const PERMISSIONS = ['allowAll', 'denyAll', 'byQueue'] as const;

/** Reads an attribute that must be a JSON object. */
export function parseJsonObject(raw: string, name: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    throw invalidAttributeValue(name, 'It must be JSON.');
  }
  if (!isMembers(value)) throw invalidAttributeValue(name, 'It must be a JSON object.');
  return value;
}

/** Reads a `RedrivePolicy`; the count may be a number or, as the console and many templates write it, a string. */
export function parseRedrivePolicy(raw: string): RedrivePolicy {
  const policy = parseJsonObject(raw, 'RedrivePolicy');
  const { deadLetterTargetArn, maxReceiveCount = DEFAULT_MAX_RECEIVE_COUNT } = policy;
  if (typeof deadLetterTargetArn !== 'string') {
    throw invalidAttributeValue('RedrivePolicy', 'It must contain deadLetterTargetArn, a string.');
  }
  const count = typeof maxReceiveCount === 'string' ? Number(maxReceiveCount) : maxReceiveCount;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > 1000) {
    throw invalidParameter('RedrivePolicy', 'maxReceiveCount must be an integer from 1 to 1000.');
  }
  return { deadLetterTargetArn, maxReceiveCount: count };
}

/** Reads a `RedriveAllowPolicy`: source queues are named exactly when the permission is `byQueue`. */
export function parseRedriveAllowPolicy(raw: string): RedriveAllowPolicy {
  const { redrivePermission, sourceQueueArns } = parseJsonObject(raw, 'RedriveAllowPolicy');
  const permission = PERMISSIONS.find((known) => known === redrivePermission);
  if (permission === undefined) {
    throw invalidAttributeValue('RedriveAllowPolicy', `redrivePermission must be one of ${PERMISSIONS.join(', ')}.`);
  }
  if (permission !== 'byQueue') {
    if (sourceQueueArns === undefined) return { redrivePermission: permission };
    throw invalidParameter('RedriveAllowPolicy', 'sourceQueueArns can only be given with redrivePermission byQueue.');
  }
  return { redrivePermission: permission, sourceQueueArns: readSourceArns(sourceQueueArns) };
}

function readSourceArns(value: unknown): string[] {
  const arns = Array.isArray(value) ? value.filter((arn): arn is string => typeof arn === 'string') : [];
  if (!Array.isArray(value) || arns.length !== value.length || arns.length < 1 || arns.length > MAX_SOURCE_QUEUES) {
    throw invalidParameter(
      'RedriveAllowPolicy',
      `With byQueue, sourceQueueArns must be a list of 1 to ${MAX_SOURCE_QUEUES} ARNs.`,
    );
  }
  return arns;
}
