import { DecodeError, NestingTooDeepError } from '../../errors/serialization-errors.js';
import { readNumber } from './number-token.js';

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// No quote, backslash or control character inside: the string is its own value.
const SIMPLE_STRING = /"[^"\\\p{Cc}]*"/uy;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LITERAL = /true|false|null|NaN|-?Infinity/y;

const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/**
 * Parses the JSON that Python writes: with `NaN`, `Infinity` and `-Infinity`, and numbers that keep their kind. Strict in all
 * else, as Python is. The nesting is bounded, as a message must not overflow the stack.
 */
export class JsonParser {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  /** The one value of the text. @throws DecodeError */
  parse(): unknown {
    const value = this.#value();
    if (this.#peek() !== '') throw this.#unexpected();
    return value;
  }

  #value(): unknown {
    switch (this.#peek()) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) throw new NestingTooDeepError(this.#maxDepth);
    this.#at += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    if (this.#skip('}')) return record;
    do {
      if (this.#peek() !== '"') throw this.#unexpected();
      const key = this.#string();
      if (!this.#skip(':')) throw this.#unexpected();
      setOwn(record, key, this.#value());
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#unexpected();
    return record;
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    if (this.#skip(']')) return items;
    do items.push(this.#value());
    while (this.#skip(','));
    if (!this.#skip(']')) throw this.#unexpected();
    return items;
  }

  #string(): string {
    const simple = this.#match(SIMPLE_STRING);
    if (simple !== undefined) return simple.slice(1, -1);
    const start = this.#at;
    this.#at = this.#closingQuote(start + 1) + 1;
    const value = unescape(this.#text.slice(start, this.#at));
    if (value === undefined) throw new DecodeError(`The JSON has a malformed string at position ${start}`);
    return value;
  }

  /** Looks at each character once: searching ahead for a quote or a backslash would go over distant text again and again. */
  #closingQuote(from: number): number {
    for (let at = from; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === QUOTE) return at;
      if (code === BACKSLASH) at += 1;
    }
    throw new DecodeError(`The JSON has an unterminated string at position ${from - 1}`);
  }

  #scalar(): unknown {
    const literal = this.#match(LITERAL);
    if (literal !== undefined) return literals.get(literal);
    const token = this.#match(NUMBER);
    if (token === undefined) throw this.#unexpected();
    return readNumber(token);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    this.#at += token?.length ?? 0;
    return token;
  }

  #peek(): string {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
    return this.#text.charAt(this.#at);
  }

  #skip(character: string): boolean {
    const found = this.#peek() === character;
    if (found) this.#at += 1;
    return found;
  }

  #unexpected(): DecodeError {
    const what = this.#at < this.#text.length ? 'an unexpected character' : 'an unexpected end';
    return new DecodeError(`The JSON has ${what} at position ${this.#at}`);
  }
}

/** Undefined where an escape or a control character is not allowed. V8's own error would quote the text. */
function unescape(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

/** Assigning `__proto__` would change the prototype instead of making a property. */
function setOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(record, key, { value, configurable: true, enumerable: true, writable: true });
  } else {
    record[key] = value;
  }
}
