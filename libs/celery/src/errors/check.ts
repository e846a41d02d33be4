/** Celery refuses smaller countdowns: they leave the range of its dates. */
const SMALLEST_COUNTDOWN = -2_147_483_648;

/** Names the kind of a value without showing it: values may be payload. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object') return 'an object';
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}

/** Throws a `TypeError` unless `value` is undefined or a number of seconds Celery accepts as a countdown. */
export function checkCountdown(where: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value === 'number' && Number.isFinite(value) && value >= SMALLEST_COUNTDOWN) return;
  throw new TypeError(`${where}: countdown must be a finite number of seconds; got ${kindOf(value)}`);
}
