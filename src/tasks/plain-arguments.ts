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

/** Whether a parameter of this design type receives plain values: `number`, `string`, and classes of the user's. */
export function wantsPlainValues(type: unknown): boolean {
  return typeof type === 'function' && !EXACT.has(type);
}
