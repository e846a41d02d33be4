import { checkCountdown, kindOf } from '../errors/check.js';
import { InvalidTaskError } from '../errors/task-errors.js';
import { isoformat } from '../serialization/index.js';
import { parseIsoDateTime } from './iso-date-time.js';

/** When a task is to run, and from when on not any more; the same in every kind of message. */
export interface Moments {
  /** The present, in milliseconds since the epoch. */
  readonly now: number;
  /** Seconds from now; 0 means at once. Wins over `eta`. */
  readonly countdown?: number | undefined;
  readonly eta?: Date | string | undefined;
}

/**
 * The `eta` header: countdown 0 gives none, as in Celery.
 *
 * @throws InvalidTaskError where Python could not read it
 */
export function writeEta({ now, countdown, eta }: Moments): string | null {
  if (countdown !== undefined) {
    refuseBadCountdown(countdown);
    return countdown === 0 ? null : writeDate('countdown', new Date(now + countdown * 1000));
  }
  return eta === undefined ? null : writeGiven('eta', eta);
}

/**
 * The `expires` header.
 *
 * @throws InvalidTaskError where Python could not read it
 */
export function writeExpires(spec: {
  readonly now: number;
  readonly expires?: number | Date | string | undefined;
}): string | null {
  const { now, expires } = spec;
  if (expires === undefined) return null;
  return typeof expires === 'number'
    ? writeDate('expires', new Date(now + expires * 1000))
    : writeGiven('expires', expires);
}

/** The `expiration` property: whole milliseconds left, never negative; undefined without `expires`. */
export function expirationOf(expires: string | null, now: number): string | undefined {
  const moment = expires === null ? undefined : parseIsoDateTime(expires);
  return moment === undefined ? undefined : String(Math.max(0, Math.trunc(moment - now)));
}

function refuseBadCountdown(countdown: number): void {
  try {
    checkCountdown('task', countdown);
  } catch (error) {
    throw new InvalidTaskError('countdown must be a finite number of seconds', { cause: error });
  }
}

function writeDate(name: string, date: Date): string {
  try {
    return isoformat(date);
  } catch (error) {
    throw new InvalidTaskError(`${name} must give a moment between the years 1 and 9999`, { cause: error });
  }
}

function writeGiven(name: string, value: Date | string): string {
  if (value instanceof Date) return writeDate(name, value);
  if (typeof value === 'string' && parseIsoDateTime(value) !== undefined) return value;
  throw new InvalidTaskError(`${name} must be a Date or an ISO 8601 date-time; got ${kindOf(value)}`);
}
