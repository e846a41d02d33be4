import { localDateTime } from '../serialization/values/date-time.js';
import type { CalendarDay, TimeOfDay } from '../serialization/values/iso-format.js';
import type { PlainDate } from '../serialization/values/plain-date.js';
import { type PlainTime, timeOfDay } from '../serialization/values/plain-time.js';

const DAY_US = 86_400_000_000;

/** `datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)`; never throws. */
export function dateTimeRepr(date: Date): string {
  if (Number.isNaN(date.getTime())) return '<Invalid Date>';
  const year = date.getUTCFullYear();
  if (year < 1 || year > 9999) return `<Date ${date.toISOString()}>`;
  const { day, time } = localDateTime(date);
  return `datetime.datetime(${[...dayParts(day), ...timeParts(time)].join(', ')})`;
}

/** `datetime.date(2024, 2, 29)`. */
export function dateRepr(date: PlainDate): string {
  return `datetime.date(${dayParts(date).join(', ')})`;
}

/** `datetime.time(12, 30, 15, tzinfo=datetime.timezone.utc)`. */
export function timeRepr(time: PlainTime): string {
  return `datetime.time(${timeParts(timeOfDay(time)).join(', ')})`;
}

function dayParts({ year, month, day }: CalendarDay): string[] {
  return [year, month, day].map(String);
}

/** Python leaves out seconds and microseconds from the right while they are zero. */
function timeParts({ hour, minute, second, microsecond, offset }: TimeOfDay): string[] {
  const parts = [hour, minute, second, microsecond].map(String);
  const kept = microsecond === 0 ? (second === 0 ? 2 : 3) : 4;
  return [...parts.slice(0, kept), ...(offset === null ? [] : [`tzinfo=${zoneRepr(offset)}`])];
}

function zoneRepr(offset: number): string {
  return offset === 0 ? 'datetime.timezone.utc' : `datetime.timezone(${deltaRepr(offset)})`;
}

/** A negative timedelta is minus one day and the rest. */
function deltaRepr(offset: number): string {
  const rest = offset < 0 ? offset + DAY_US : offset;
  const seconds = Math.floor(rest / 1e6);
  const parts = [
    ...(offset < 0 ? ['days=-1'] : []),
    ...(seconds === 0 ? [] : [`seconds=${seconds}`]),
    ...(rest % 1e6 === 0 ? [] : [`microseconds=${rest % 1e6}`]),
  ];
  return `datetime.timedelta(${parts.join(', ')})`;
}
