import { MARKER_KEY, MAX_DEPTH } from './json-limits.js';

/**
 * Whether `JSON.stringify` writes the value as Python would: only strings, booleans, null, arrays, plain objects, safe ints
 * and fractions; a property that is undefined is left out. False means "look closer", not "cannot be written".
 */
export function isPlainJson(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return isPlainNumber(value);
    case 'object':
      return value === null || (depth < MAX_DEPTH && isPlainContainer(value, depth + 1));
    default:
      return false;
  }
}

function isPlainNumber(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) && !Object.is(value, -0) : Number.isFinite(value);
}

function isPlainContainer(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlainJson(item, depth));
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    if (key === MARKER_KEY || !isPlainJson(item, depth)) return false;
  }
  return true;
}
