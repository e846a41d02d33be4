import { noJsonTypes } from './json-types.js';
import type { JsonTypes } from './json-types.js';
import { JsonWriter } from './json-writer.js';
import { isPlainJson } from './plain-json.js';

const NONCHARACTER = /[\uFFFE\uFFFF]/;
const NONCHARACTERS = /[\uFFFE\uFFFF]/g;

/**
 * Writes JSON that kombu reads back as the same value:
 *
 * | JavaScript | Python |
 * |---|---|
 * | whole number within ±2^53, `bigint` | int |
 * | any other number, `Float`, `-0` | float, `NaN` and `Infinity` included |
 * | `DateTime`, `Date` (aware, UTC) | datetime |
 * | `PlainDate`, `PlainTime`, `Decimal`, `Uuid`, `Uint8Array` | date, time, Decimal, UUID, bytes |
 * | array; plain object, class instance (own properties) | list; dict |
 * | `null`, `undefined` (left out of objects) | None |
 *
 * `toJSON` is respected. Everything else (Map, Set, function, symbol, Error, Promise …) is refused rather than lost.
 *
 * Non-ASCII text is written as it is, not as `\uXXXX`: Python reads both, and it takes 2 to 4 bytes instead of 6 to 12, which
 * base64 would multiply. Only what SQS forbids in a message is escaped: control characters, lone surrogates, U+FFFE, U+FFFF.
 *
 * @param around levels of arrays and objects that the text is to be put into: they count towards the 512 that can be read
 * @throws EncodeError with the path of what cannot be written.
 */
export function encodeJson(value: unknown, types: JsonTypes = noJsonTypes, around = 0): string {
  const text = isPlainJson(value, around) ? JSON.stringify(value) : new JsonWriter(types, around).write(value);
  return NONCHARACTER.test(text) ? text.replace(NONCHARACTERS, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16)}`;
}
