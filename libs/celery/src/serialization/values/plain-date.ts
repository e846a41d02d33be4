import { checkDay, formatDay, parseDay } from './iso-format.js';

/** Python's `datetime.date`; the name is Temporal's. `month` from 1. */
export class PlainDate {
  /** @throws RangeError when the calendar has no such day, or the year is outside 1 to 9999. */
  constructor(
    readonly year: number,
    readonly month: number,
    readonly day: number,
  ) {
    checkDay(this);
  }

  /** Reads `YYYY-MM-DD` or `YYYYMMDD`. @throws RangeError when the text is neither. */
  static from(text: string): PlainDate {
    const { year, month, day } = parseDay(text);
    return new PlainDate(year, month, day);
  }

  /** `2024-02-29`, as Python's `isoformat()`. */
  toString(): string {
    return formatDay(this);
  }

  toJSON(): string {
    return this.toString();
  }
}
