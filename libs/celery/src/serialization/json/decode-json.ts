import { MAX_DEPTH } from './json-limits.js';
import { JsonParser } from './json-parser.js';
import { noJsonTypes } from './json-types.js';
import type { JsonTypes } from './json-types.js';
import { revive } from './revive.js';

/** Bounds of what is decoded. */
export interface DecodeJsonOptions {
  /** Levels of arrays and objects that are followed. Default 512; Python itself fails at about 1000. */
  readonly maxDepth?: number;
}

/*
 * Number tokens that `JSON.parse` would change, where they can stand: at the start or behind a separator. That the same
 * characters within a string match as well costs only time. In order: ints of 16 digits and more; floats so close to a
 * whole number, for their size, that they may round to it; whole floats (`1.0`); exponents; the int `-0`.
 */
const UNSAFE_NUMBER =
  /(?:^|[\s:,[])-?(?:\d{16}|\d{13,}\.|\d{5,}\.(?:00|99)|\d+\.(?:0+(?!\d)|0{10}|9{10})|\d+(?:\.\d+)?[eE]|(?<=-)0(?![.\d]))/;

// `__type__` in full or with any of its characters escaped.
const MARKER = /__type__|\\u00/;

/**
 * Reads JSON as kombu does: `__type__` values, `NaN` and `Infinity`, ints of any size (4300 digits, as Python), whole floats
 * as `Float`. `__proto__` is an ordinary key; of a repeated key the last one counts.
 *
 * @throws DecodeError for text that is no JSON, an unknown or malformed `__type__`, or nesting that is too deep
 *   (`NestingTooDeepError`).
 */
export function decodeJson(text: string, types: JsonTypes = noJsonTypes, options: DecodeJsonOptions = {}): unknown {
  const maxDepth = options.maxDepth ?? MAX_DEPTH;
  const value = parse(text, maxDepth);
  return needsWalk(text, maxDepth) ? revive(value, types, maxDepth) : value;
}

/** V8's parser is an order of magnitude faster than ours, and right wherever no number would lose its kind. */
function parse(text: string, maxDepth: number): unknown {
  if (!UNSAFE_NUMBER.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // Either NaN or Infinity, which our parser reads, or an error, which it words without quoting the text.
    }
  }
  return new JsonParser(text, maxDepth).parse();
}

/** Shorter text cannot be nested too deep. */
function needsWalk(text: string, maxDepth: number): boolean {
  return text.length > 2 * maxDepth || MARKER.test(text);
}
