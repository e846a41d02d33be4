import { DecodeError, NestingTooDeepError } from '../../errors/serialization-errors.js';
import { Float } from '../values/float.js';
import { decoderOf } from './builtin-types.js';
import { MARKER_KEY, VALUE_KEY } from './json-limits.js';
import type { JsonTypes } from './json-types.js';

/** Replaces, innermost first and in place, each object of exactly `__type__` and `__value__` by the value it stands for. */
export function revive(value: unknown, types: JsonTypes, levels: number): unknown {
  return reviveAt(value, { types, levels }, 0);
}

interface Context {
  readonly types: JsonTypes;
  readonly levels: number;
}

function reviveAt(value: unknown, context: Context, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Float) return value;
  if (depth >= context.levels) throw new NestingTooDeepError(context.levels);
  if (Array.isArray(value)) return reviveItems(value, context, depth);
  const record = value as Record<string, unknown>;
  const keys = Object.keys(record);
  for (const key of keys) {
    const item = record[key];
    const revived = reviveAt(item, context, depth + 1);
    // `__proto__` is an own property here, so the assignment meets it and not the setter of Object.prototype.
    if (revived !== item) record[key] = revived;
  }
  return isMarked(keys) ? decodeMarked(record, context.types) : record;
}

function reviveItems(items: unknown[], context: Context, depth: number): unknown[] {
  for (let index = 0; index < items.length; index += 1) {
    items[index] = reviveAt(items[index], context, depth + 1);
  }
  return items;
}

function isMarked(keys: readonly string[]): boolean {
  return keys.length === 2 && keys.includes(MARKER_KEY) && keys.includes(VALUE_KEY);
}

function decodeMarked(record: Record<string, unknown>, types: JsonTypes): unknown {
  const marker = record[MARKER_KEY];
  const decode = decoderOf(marker, types);
  if (!decode) throw new DecodeError(`The JSON has a value of the unknown __type__ ${describe(marker)}`);
  try {
    return decode(record[VALUE_KEY]);
  } catch (cause) {
    throw new DecodeError(`The JSON has a malformed value of __type__ ${describe(marker)}`, { cause });
  }
}

function describe(marker: unknown): string {
  return typeof marker === 'string' ? `'${marker.slice(0, 64)}'` : `that is no string`;
}
