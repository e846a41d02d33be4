import { EncodeError } from '../../errors/serialization-errors.js';
import { Float } from '../values/float.js';
import { encodeTyped } from './builtin-types.js';
import type { Encoded } from './builtin-types.js';
import { MARKER_KEY, MAX_DEPTH, MAX_INTEGER_DIGITS, VALUE_KEY } from './json-limits.js';
import type { JsonTypes } from './json-types.js';
import { writeFloat, writeNumber } from './number-token.js';

const FIRST_TOO_LONG = 10n ** BigInt(MAX_INTEGER_DIGITS);
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Writes one value as kombu would, and knows where in it it is when something cannot be written. */
export class JsonWriter {
  readonly #types: JsonTypes;
  readonly #path: (string | number)[] = [];
  #depth: number;

  /** @param depth levels of arrays and objects around the value */
  constructor(types: JsonTypes, depth = 0) {
    this.#types = types;
    this.#depth = depth;
  }

  /** @throws EncodeError */
  write(value: unknown): string {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return JSON.stringify(value);
      case 'number':
        return writeNumber(value);
      case 'bigint':
        return this.#integer(value);
      case 'undefined':
        return 'null';
      case 'object':
        return value === null ? 'null' : this.#object(value);
      default:
        throw this.#error(`a ${typeof value} has no JSON form`);
    }
  }

  #integer(value: bigint): string {
    if (value >= FIRST_TOO_LONG || value <= -FIRST_TOO_LONG) {
      throw this.#error(`Python reads no integer of more than ${MAX_INTEGER_DIGITS} digits`);
    }
    return value.toString();
  }

  #object(value: object): string {
    if (value instanceof Float) return writeFloat(value.value);
    if (this.#depth >= MAX_DEPTH)
      throw this.#error(`nested deeper than ${MAX_DEPTH} levels, or an object holds itself`);
    this.#depth += 1;
    const text = this.#container(value);
    this.#depth -= 1;
    return text;
  }

  #container(value: object): string {
    const typed = this.#typed(value);
    if (typed) return this.#marked(typed);
    if (Array.isArray(value)) return this.#array(value);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.write(value.toJSON());
    return this.#record(value);
  }

  #typed(value: object): Encoded | undefined {
    try {
      return encodeTyped(value, this.#types);
    } catch (cause) {
      throw this.#error(`a ${className(value)} that has no JSON form (${messageOf(cause)})`, cause);
    }
  }

  #marked({ marker, value }: Encoded): string {
    const text = this.write(value);
    return marker === null ? text : `{"${MARKER_KEY}":${JSON.stringify(marker)},"${VALUE_KEY}":${text}}`;
  }

  #array(items: readonly unknown[]): string {
    // Array.from also visits the holes of a sparse array, which are written as null.
    return `[${Array.from(items, (item, index) => this.#child(index, item)).join(',')}]`;
  }

  #record(value: object): string {
    // Map, Set, Promise, Error … would silently become `{}`.
    if (Object.prototype.toString.call(value) !== '[object Object]') {
      throw this.#error(`a ${className(value)} has no JSON form; convert it, or register it with jsonTypes()`);
    }
    const members = Object.entries(value).filter(([, item]) => item !== undefined);
    if (looksMarked(members)) {
      throw this.#error(`an object of exactly ${MARKER_KEY} and ${VALUE_KEY} would be read as another value`);
    }
    return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${this.#child(key, item)}`).join(',')}}`;
  }

  #child(key: string | number, value: unknown): string {
    this.#path.push(key);
    const text = this.write(value);
    this.#path.pop();
    return text;
  }

  #error(problem: string, cause?: unknown): EncodeError {
    return new EncodeError(problem, `$${this.#path.map(step).join('')}`, cause === undefined ? undefined : { cause });
  }
}

function looksMarked(members: readonly (readonly [string, unknown])[]): boolean {
  return members.length === 2 && members.every(([key]) => key === MARKER_KEY || key === VALUE_KEY);
}

function step(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function className(value: object): string {
  const { constructor } = value;
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'object without a class';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'its encoder failed';
}
