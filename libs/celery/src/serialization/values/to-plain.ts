import { Decimal } from './decimal.js';
import { Float } from './float.js';
import { PlainDate } from './plain-date.js';
import { PlainTime } from './plain-time.js';
import { Uuid } from './uuid.js';

/**
 * The same value in everyday JavaScript, for handlers whose parameters ask for plain types: `Float` → number; `Decimal`,
 * `Uuid`, `PlainDate`, `PlainTime` → their text. `bigint`, `DateTime` (a `Date`), bytes and the values of other classes
 * stay as they are. Arrays and objects are copied; cyclic ones are not supported.
 */
export function toPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Float) return value.value;
  if (isTextual(value)) return value.toString();
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isRecord(value)) return value;
  // fromEntries defines properties, so that a `__proto__` key stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item)]));
}

function isTextual(value: object): value is Decimal | Uuid | PlainDate | PlainTime {
  return value instanceof Decimal || value instanceof Uuid || value instanceof PlainDate || value instanceof PlainTime;
}

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
