import { Float, isoformat, Uuid } from '../serialization/index.js';
import { Malformed, type MalformedReason } from './decoded-message.js';
import { parseIsoDateTime } from './iso-date-time.js';

/** An object of a message, by Celery's own names. */
export type Wire = Readonly<Record<string, unknown>>;

/** Where readers note what they mended. */
export type Warn = (warning: string) => void;

/** Whether a header was left out: Python's None is as good as absent. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** A text nothing depends on: of another type it counts as absent. */
export function readText(wire: Wire, name: string, warn: Warn): string | null {
  const value = wire[name];
  if (typeof value === 'string') return value;
  if (!isAbsent(value)) warn(`header '${name}' is no string and was left out`);
  return null;
}

/** An id: text, or the UUID or int that a Python caller passed as such. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return value instanceof Uuid || isInteger(value) ? String(value) : undefined;
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

/** Notes an id that is no text on the wire, although its text is used. */
export function warnOfInteger(name: string, value: unknown, warn: Warn): void {
  if (isInteger(value)) warn(`header '${name}' is a number and was read as text`);
}

/** An id that may be absent; an empty one is none, as for Python. */
export function readId(wire: Wire, name: string, warn: Warn): string | null {
  const value = wire[name];
  if (isAbsent(value) || value === '') return null;
  warnOfInteger(name, value, warn);
  const id = idText(value);
  if (id === undefined) throw new Malformed('headers', `header '${name}' must be a non-empty string or null`);
  return id;
}

/** A moment as ISO 8601 text; Python refuses numbers, and so do we. */
export function readMoment(wire: Wire, name: 'eta' | 'expires'): string | null {
  const value = wire[name];
  if (isAbsent(value)) return null;
  const text = value instanceof Date ? isoformat(value) : value;
  if (typeof text === 'string' && parseIsoDateTime(text) !== undefined) return text;
  throw new Malformed(name, `header '${name}' must be an ISO 8601 date-time, in the form of a string, or null`);
}

/** A number, whether Python wrote it as an int or as a float; undefined for anything else. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value instanceof Float ? Number(value) : undefined;
}

/** A count from 0 up. Absent counts as 0, digits in a string as the number they mean. */
export function readCount(wire: Wire, name: string, reason: MalformedReason, warn: Warn): number {
  const value = wire[name];
  if (isAbsent(value)) return 0;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) {
    warn(`header '${name}' is a string; Python could not retry this task`);
    return Number(value);
  }
  const count = toNumber(value);
  if (count === undefined || !Number.isSafeInteger(count)) {
    throw new Malformed(reason, `header '${name}' must be a whole number`);
  }
  if (count < 0) warn(`header '${name}' is negative and was read as 0`);
  return Math.max(0, count);
}
