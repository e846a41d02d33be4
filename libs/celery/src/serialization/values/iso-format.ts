/** A day of the calendar; `month` from 1. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A time of day; `offset` is the UTC offset in microseconds, null for a naive time. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  readonly offset: number | null;
}

const DAY = /^(\d{4})(-?)(\d\d)\2(\d\d)$/;
const TIME = /^(\d\d)(?:(:?)(\d\d)(?:\2(\d\d)(?:[.,](\d+))?)?)?(Z|[+-].*)?$/;
const OFFSET = /^([+-])(\d\d)(?:(:?)(\d\d)(?:\3(\d\d)(?:\.(\d+))?)?)?$/;
const SECOND_US = 1_000_000;
const DAY_US = 86_400 * SECOND_US;

/** `YYYY-MM-DD` or `YYYYMMDD`, of the years Python knows (1 to 9999). */
export function parseDay(text: string): CalendarDay {
  const match = DAY.exec(text);
  if (!match) throw new RangeError('not an ISO 8601 date');
  const day = { year: Number(match[1]), month: Number(match[3]), day: Number(match[4]) };
  checkDay(day);
  return day;
}

/** `HH[:MM[:SS[.f…]]]` with an optional offset (`Z`, `+HH[:MM[:SS[.f…]]]`); fractions beyond microseconds are cut, as Python does. */
export function parseTime(text: string): TimeOfDay {
  const match = TIME.exec(text);
  if (!match) throw new RangeError('not an ISO 8601 time');
  const [, hour, , minute = 0, second = 0, fraction = '', offset] = match;
  const time = {
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    microsecond: microseconds(fraction),
    offset: offset === undefined ? null : parseOffset(offset),
  };
  checkTime(time);
  return time;
}

export function checkDay(day: CalendarDay): void {
  const date = new Date(utcMidnight(day));
  const exists = date.getUTCMonth() === day.month - 1 && date.getUTCDate() === day.day;
  if (!exists || !between(day.year, 1, 9999))
    throw new RangeError('no such day in the calendar of the years 1 to 9999');
}

export function checkTime(time: TimeOfDay): void {
  const inDay = between(time.hour, 0, 23) && between(time.minute, 0, 59) && between(time.second, 0, 59);
  if (!inDay || !between(time.microsecond, 0, 999_999)) throw new RangeError('no such time of day');
  checkOffset(time.offset);
}

/** Python refuses offsets of a day and more. */
export function checkOffset(offset: number | null): void {
  if (offset !== null && !between(offset, 1 - DAY_US, DAY_US - 1)) {
    throw new RangeError('a UTC offset must be less than 24 hours');
  }
}

/** Epoch milliseconds of 0:00 UTC. `Date.UTC` would read the years 0 to 99 as 1900 to 1999. */
export function utcMidnight(day: CalendarDay): number {
  return new Date(0).setUTCFullYear(day.year, day.month - 1, day.day);
}

export function formatDay(day: CalendarDay): string {
  return `${String(day.year).padStart(4, '0')}-${pad(day.month)}-${pad(day.day)}`;
}

/** As Python's `isoformat()`: six digits of fraction or none, which is all that Python before 3.11 reads back. */
export function formatTime(time: TimeOfDay): string {
  const clock = `${pad(time.hour)}:${pad(time.minute)}:${pad(time.second)}${formatFraction(time.microsecond)}`;
  return time.offset === null ? clock : clock + formatOffset(time.offset);
}

function formatOffset(offset: number): string {
  const size = Math.abs(offset);
  const seconds = Math.floor(size / SECOND_US);
  const text = `${offset < 0 ? '-' : '+'}${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}`;
  const rest = size % (60 * SECOND_US);
  return rest === 0 ? text : `${text}:${pad(seconds % 60)}${formatFraction(size % SECOND_US)}`;
}

function parseOffset(text: string): number {
  if (text === 'Z') return 0;
  const match = OFFSET.exec(text);
  if (!match) throw new RangeError('not a UTC offset');
  const [, sign, hours, , minutes = 0, seconds = 0, fraction = ''] = match;
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND_US + microseconds(fraction);
  return sign === '-' && size > 0 ? -size : size;
}

function microseconds(fraction: string): number {
  return Number(fraction.slice(0, 6).padEnd(6, '0'));
}

function formatFraction(microsecond: number): string {
  return microsecond === 0 ? '' : `.${String(microsecond).padStart(6, '0')}`;
}

function between(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
