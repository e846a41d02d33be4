import { DecodeError } from '../../errors/serialization-errors.js';
import { Float } from '../values/float.js';
import { pythonFloatRepr } from '../values/python-float.js';
import { MAX_INTEGER_DIGITS } from './json-limits.js';

const FRACTION_OR_EXPONENT = /[.eE]/;

/**
 * A number of the wire: int → number, or bigint beyond 2^53-1; float → {@link Float} where a number could not tell it from
 * an int (`1.0`), number otherwise.
 */
export function readNumber(token: string): number | bigint | Float {
  return FRACTION_OR_EXPONENT.test(token) ? readFloat(token) : readInteger(token);
}

/** The token of a number: whole and safe → int, anything else → float, as Python's `json.dumps` writes it. */
export function writeNumber(value: number): string {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : writeFloat(value);
}

/** The token of a Python float, with the literals that only Python's JSON has. */
export function writeFloat(value: number): string {
  return Number.isFinite(value) ? pythonFloatRepr(value) : String(value);
}

function readFloat(token: string): number | Float {
  const value = Number(token);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? new Float(value) : value;
}

function readInteger(token: string): number | bigint {
  if (token.length > MAX_INTEGER_DIGITS + (token.startsWith('-') ? 1 : 0)) {
    throw new DecodeError(`An integer has more than ${MAX_INTEGER_DIGITS} digits`);
  }
  const value = Number(token);
  // Python has no negative zero among its ints.
  return Number.isSafeInteger(value) ? value + 0 : BigInt(token);
}
