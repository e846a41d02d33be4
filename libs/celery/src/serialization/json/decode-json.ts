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
 * Number tokens that `JSON.parse` would change, behind a separator. That the same characters within a string match as well
 * costs only time. In order: the int `-0`; ints of 16 digits and more; exponents; whole floats (`1.0`); floats so close to a
 * whole number, for their size, that they may round to it.
 */
const UNSAFE_NUMBER =
  /[ \n\r\t:,[](?:-0(?![.\d])|-?\d+(?:(?<=\d{16})|[eE]|\.(?:0+(?!\d)|0{10}|9{10}|(?<=\d{13}\.)|(?<=\d{5}\.)(?:00|99)|\d+[eE])))/;
const BARE_NUMBER = /^[-\d]/;

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

/** V8's parser is several times faster than ours, and right wherever no number would lose its kind. */
function parse(text: string, maxDepth: number): unknown {
  if (!BARE_NUMBER.test(text) && !UNSAFE_NUMBER.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // Either NaN or Infinity, which our parser reads, or an error, which it words without quoting the text.
    }
  }
  return new JsonParser(text, maxDepth).parse();
}

function needsWalk(text: string, maxDepth: number): boolean {
  // Any character of `__type__` may be escaped.
  return text.includes('__type__') || text.includes('\\u00') || mayBeTooDeep(text, maxDepth);
}

/** Text with few brackets, in strings or not, is nested no deeper than it has brackets. */
function mayBeTooDeep(text: string, maxDepth: number): boolean {
  if (text.length <= 2 * maxDepth) return false;
  return countUpTo(maxDepth + 1, '[', text) + countUpTo(maxDepth + 1, '{', text) > maxDepth;
}

function countUpTo(limit: number, character: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0 && count < limit; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}
