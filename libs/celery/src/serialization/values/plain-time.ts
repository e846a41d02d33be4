import { checkTime, formatTime, parseTime } from './iso-format.js';
import type { TimeOfDay } from './iso-format.js';

/** Python's `datetime.time`; the name is Temporal's. */
export class PlainTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0–999999, milliseconds included. */
  readonly microsecond: number;
  /** UTC offset in seconds; null for a naive time. */
  readonly utcOffset: number | null;

  /** @throws RangeError when no clock shows that, or for an offset of a day or more. */
  constructor(hour = 0, minute = 0, second = 0, microsecond = 0, utcOffset: number | null = null) {
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.microsecond = microsecond;
    this.utcOffset = utcOffset;
    checkTime(timeOfDay(this));
  }

  /** Reads `HH[:MM[:SS[.fraction]]]` with an optional offset. @throws RangeError when the text is none of these. */
  static from(text: string): PlainTime {
    const { hour, minute, second, microsecond, offset } = parseTime(text);
    return new PlainTime(hour, minute, second, microsecond, offset === null ? null : offset / 1e6);
  }

  /** `12:30:15.123456+00:00`, as Python's `isoformat()`. */
  toString(): string {
    return formatTime(timeOfDay(this));
  }

  toJSON(): string {
    return this.toString();
  }
}

/** The parts of a {@link PlainTime}, the offset in microseconds. */
export function timeOfDay(time: PlainTime): TimeOfDay {
  const { hour, minute, second, microsecond, utcOffset } = time;
  return { hour, minute, second, microsecond, offset: utcOffset === null ? null : Math.round(utcOffset * 1e6) };
}
