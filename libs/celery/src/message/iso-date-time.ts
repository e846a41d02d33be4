const CALENDAR = String.raw`(?<year>\d{4})(?<dash>-?)(?<month>\d\d)\k<dash>(?<day>\d\d)`;
const WEEK = String.raw`(?<year>\d{4})(?<dash>-?)W(?<week>\d\d)\k<dash>(?<weekday>\d)`;
const ORDINAL = String.raw`(?<year>\d{4})-?(?<ordinal>\d{3})`;
const TIME = String.raw`(?<hour>\d\d)(?:(?<colon>:?)(?<minute>\d\d)(?:\k<colon>(?<second>\d\d)(?:[.,](?<fraction>\d+))?)?)?`;
const ZONE = String.raw`(?<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?`;

/** The first that matches says what is meant, as for Python: `20300102` is a day, `2030010` the tenth of the year. */
const FORMS: readonly RegExp[] = [
  ...[CALENDAR, WEEK, ORDINAL].map((date) => new RegExp(`^${date}(?:[\\x00-\\x7f]${TIME}${ZONE})?$`)),
  // Without a day there is no time either.
  /^(?<year>\d{4})(?:-(?<month>\d\d)|-?W(?<week>\d\d))?$/,
];

type Parts = Readonly<Record<string, string | undefined>>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * Reads an ISO 8601 date-time as Celery reads `eta` and `expires`: basic or extended, by month, week or day of the year, behind any
 * separator the time. Without an offset it means UTC, what is left out is the first, digits beyond the millisecond are cut off.
 *
 * @returns milliseconds since the epoch, or undefined where the text is no date-time
 */
export function parseIsoDateTime(text: string): number | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const date = dateMs(parts);
  const time = timeMs(parts);
  const offset = offsetMs(parts['zone']);
  return date === undefined || time === undefined || offset === undefined ? undefined : date + time - offset;
}

function partsOf(text: string): Parts | undefined {
  for (const form of FORMS) {
    const match = form.exec(text);
    if (match !== null) return match.groups;
  }
  return undefined;
}

function dateMs({ year, month = '1', day = '1', week, weekday = '1', ordinal }: Parts): number | undefined {
  if (Number(year) === 0) return undefined;
  if (week !== undefined) return weekDateMs(Number(year), Number(week), Number(weekday));
  if (ordinal !== undefined) return ordinalDateMs(Number(year), Number(ordinal));
  const ms = utcMs(Number(year), Number(month), Number(day));
  // A day that does not exist rolls over into another month.
  const exists = new Date(ms).getUTCMonth() === Number(month) - 1 && new Date(ms).getUTCDate() === Number(day);
  return exists ? ms : undefined;
}

/** Week 1 is the one that holds the fourth of January; it starts on Monday. */
function weekDateMs(year: number, week: number, weekday: number): number | undefined {
  if (week < 1 || week > 53 || weekday < 1 || weekday > 7) return undefined;
  const fourth = utcMs(year, 1, 4);
  const sinceMonday = (new Date(fourth).getUTCDay() + 6) % 7;
  return fourth + (7 * (week - 1) + weekday - 1 - sinceMonday) * DAY_MS;
}

function ordinalDateMs(year: number, ordinal: number): number | undefined {
  const ms = utcMs(year, 1, ordinal);
  return ordinal > 0 && new Date(ms).getUTCFullYear() === year ? ms : undefined;
}

/** Midnight. `Date.UTC` would read the years 1 to 99 as 1901 to 1999. */
function utcMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function timeMs(parts: Parts): number | undefined {
  const [hour, minute, second] = [parts['hour'], parts['minute'], parts['second']].map((part) => Number(part ?? 0));
  return clockMs(hour ?? 0, minute ?? 0, second ?? 0, parts['fraction'] ?? '');
}

function clockMs(hour: number, minute: number, second: number, fraction: string): number | undefined {
  const ms = hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  const wellFormed = minute < 60 && second < 60 && (hour < 24 || ms === DAY_MS);
  return wellFormed ? ms : undefined;
}

function offsetMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}
