const DATE = String.raw`(\d{4})(-?)(\d\d)\2(\d\d)`;
const TIME = String.raw`(\d\d)(?:(:?)(\d\d)(?:\6(\d\d)(?:[.,](\d+))?)?)?`;
const ZONE = String.raw`([Zz]|[+-]\d\d(?::?\d\d)?)?`;
const ISO_DATE_TIME = new RegExp(`^${DATE}(?:[Tt ]${TIME}${ZONE})?$`);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * Reads an ISO 8601 date-time, basic or extended, as Celery reads `eta` and `expires`: without an offset it means UTC, a date
 * alone is its midnight, digits beyond the millisecond are cut off.
 *
 * @returns milliseconds since the epoch, or undefined where the text is no date-time
 */
export function parseIsoDateTime(text: string): number | undefined {
  const parts = ISO_DATE_TIME.exec(text);
  if (parts === null) return undefined;
  const [, year, , month, day, hour, , minute, second, fraction, zone] = parts;
  const date = dateMs(Number(year), Number(month), Number(day));
  const time = timeMs(Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0), fraction ?? '');
  const offset = offsetMs(zone);
  return date === undefined || time === undefined || offset === undefined ? undefined : date + time - offset;
}

function dateMs(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that does not exist rolls over into another month.
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && year > 0 ? date.getTime() : undefined;
}

function timeMs(hour: number, minute: number, second: number, fraction: string): number | undefined {
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
