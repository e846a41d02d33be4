import { DateTime, Decimal, Float, PlainDate, PlainTime, Uuid } from '#celery';

/** Design types whose parameters receive values exactly as they were decoded; unions and interfaces are `Object`. */
const EXACT: ReadonlySet<unknown> = new Set([
  undefined,
  Object,
  Array,
  Boolean,
  BigInt,
  Symbol,
  Function,
  Promise,
  Date,
  Map,
  Set,
  Uint8Array,
  Buffer,
  DateTime,
  Decimal,
  Float,
  PlainDate,
  PlainTime,
  Uuid,
]);

/** Design types that say nothing of the value, or not enough. */
const UNTOLD: ReadonlySet<unknown> = new Set([undefined, Object, Array]);

/**
 * Whether a parameter of this design type receives plain values: `number`, `string`, and classes of the user's. With a schema, so do
 * types that do not tell: schemas are written for what plain JSON holds.
 */
export function wantsPlainValues(type: unknown, hasSchema: boolean): boolean {
  if (hasSchema && UNTOLD.has(type)) return true;
  return typeof type === 'function' && !EXACT.has(type);
}
