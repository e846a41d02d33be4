import { createHash } from 'node:crypto';
import { InvalidTaskError } from '../errors/task-errors.js';
import type { TaskHeaders } from '../message/task-message.js';
import { Float } from '../serialization/index.js';
import { isRecord } from './signature-json.js';

/** A value of a stamp by which tasks can be told apart. */
export type StampValue = string | number | bigint | boolean;

/** Stamps by name, each with one value or several: Celery's `headers` of `revoke_by_stamped_headers`. */
export type StampedHeaders = Readonly<Record<string, StampValue | readonly StampValue[]>>;

/**
 * The names under which a revocation store remembers stamps, one for each value.
 *
 * @throws InvalidTaskError for what holds no stamps, and for values that are neither texts nor numbers nor booleans
 */
export function stampMarks(stamps: StampedHeaders): readonly string[] {
  if (!isRecord(stamps)) throw new InvalidTaskError('Stamps are an object of names and values');
  return Object.entries(stamps).flatMap(([name, value]) => valuesOf(value).map((one) => checkedMark(name, one)));
}

/** The same of the stamps that a task carries; it is not revoked by values of other kinds. */
export function stampMarksOf({
  stampedHeaders,
  stamps,
}: Pick<TaskHeaders, 'stampedHeaders' | 'stamps'>): readonly string[] {
  return (stampedHeaders ?? []).flatMap((name) => valuesOf(stamps[name]).flatMap((one) => stampMark(name, one) ?? []));
}

function valuesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function checkedMark(name: string, value: unknown): string {
  const mark = stampMark(name, value);
  if (mark !== undefined) return mark;
  throw new InvalidTaskError(`Stamp '${name}': tasks are told apart by texts, numbers and booleans only`);
}

/** Of one length whatever the value is: stores bound the length of a key. */
function stampMark(name: string, value: unknown): string | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const digest = createHash('sha256')
    .update(`${JSON.stringify(name)}=${text}`, 'utf8')
    .digest('hex');
  return `stamp-${digest}`;
}

/** To Python `1.0` is `1`. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return value instanceof Float ? String(value) : undefined;
}
