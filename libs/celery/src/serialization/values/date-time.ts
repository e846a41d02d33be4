import { checkOffset, formatDay, formatTime, parseDay, parseTime, utcMidnight } from './iso-format.js';
import type { CalendarDay, TimeOfDay } from './iso-format.js';

/** What a {@link DateTime} keeps beside the milliseconds of a `Date`. */
export interface DateTimeDetail {
  /** Microseconds beyond the millisecond, 0–999. Default 0. */
  readonly microseconds?: number;
  /** UTC offset in seconds; null for a naive datetime. Default 0 (UTC). */
  readonly utcOffset?: number | null;
}

/** What the clock and the calendar showed where the datetime was taken. */
export interface LocalDateTime {
  readonly day: CalendarDay;
  readonly time: TimeOfDay;
}

const DATE_TIME = /^(\d{4}-?\d\d-?\d\d)(?:[T ](.*))?$/;

/**
 * Python's `datetime.datetime`: a `Date` that also keeps microseconds and the UTC offset, and is written back with both. A
 * naive datetime has no offset; its `Date` side reads it as UTC, as Celery does. The setters of `Date` move the
 * milliseconds and leave microseconds and offset alone.
 */
export class DateTime extends Date {
  /** Microseconds beyond the millisecond, 0–999. */
  readonly microseconds: number;
  /** UTC offset in seconds; null for a naive datetime. */
  readonly utcOffset: number | null;

  /**
   * @param epochMs milliseconds since the epoch
   * @throws RangeError for an offset of a day or more, or microseconds out of range.
   */
  constructor(epochMs: number, detail: DateTimeDetail = {}) {
    super(epochMs);
    this.microseconds = detail.microseconds ?? 0;
    this.utcOffset = detail.utcOffset === undefined ? 0 : detail.utcOffset;
    if (!Number.isInteger(this.microseconds) || this.microseconds < 0 || this.microseconds > 999) {
      throw new RangeError('microseconds beyond the millisecond must be a whole number from 0 to 999');
    }
    checkOffset(offsetMicroseconds(this));
  }

  /**
   * Reads ISO 8601 as Python's `datetime.fromisoformat` does (extended or basic, any fraction, `Z` or an offset or none; no
   * week dates).
   *
   * @throws RangeError when the text is none of these.
   */
  static from(text: string): DateTime {
    const [, day, time] = DATE_TIME.exec(text) ?? [];
    if (day === undefined) throw new RangeError('not an ISO 8601 date and time');
    return fromLocal({ day: parseDay(day), time: parseTime(time ?? '00') });
  }

  /**
   * As Python's `isoformat()`: `2024-02-29T12:30:15.123456+05:30`, without an offset when naive.
   *
   * @throws RangeError for an invalid date or a year outside 1 to 9999.
   */
  isoformat(): string {
    return isoformat(this);
  }
}

/**
 * Python's `isoformat()` of any `Date`; a plain one is an aware datetime in UTC.
 *
 * @throws RangeError for an invalid date or a year outside 1 to 9999.
 */
export function isoformat(date: Date): string {
  const { day, time } = localDateTime(date);
  return `${formatDay(day)}T${formatTime(time)}`;
}

/**
 * Calendar day and time of day at the datetime's own offset; a plain `Date` is in UTC.
 *
 * @throws RangeError for an invalid date or a year outside 1 to 9999.
 */
export function localDateTime(date: Date): LocalDateTime {
  const offset = date instanceof DateTime ? offsetMicroseconds(date) : 0;
  const micros = (date instanceof DateTime ? date.microseconds : 0) + (offset ?? 0);
  const local = new Date(date.getTime() + Math.floor(micros / 1000));
  const year = local.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new RangeError('an invalid date, or a year outside 1 to 9999');
  return {
    day: { year, month: local.getUTCMonth() + 1, day: local.getUTCDate() },
    time: {
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: local.getUTCSeconds(),
      microsecond: local.getUTCMilliseconds() * 1000 + modulo(micros, 1000),
      offset,
    },
  };
}

function fromLocal({ day, time }: LocalDateTime): DateTime {
  const seconds = (time.hour * 60 + time.minute) * 60 + time.second;
  // Microseconds since the epoch would not fit into 2^53: the day is added after the part below the millisecond is split off.
  const micros = seconds * 1e6 + time.microsecond - (time.offset ?? 0);
  const epochMs = utcMidnight(day) + Math.floor(micros / 1000);
  const utcOffset = time.offset === null ? null : time.offset / 1e6;
  return new DateTime(epochMs, { microseconds: modulo(micros, 1000), utcOffset });
}

function offsetMicroseconds(date: DateTime): number | null {
  return date.utcOffset === null ? null : Math.round(date.utcOffset * 1e6);
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
