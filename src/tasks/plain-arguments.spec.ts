import { expect, it } from 'vitest';
import { Decimal, Float } from '#celery';
import { wantsPlainValues } from './plain-arguments.js';

class Dto {}

it.each<[unknown, boolean, boolean]>([
  [Number, true, true],
  [String, true, true],
  [Dto, true, true],
  [Object, false, true],
  [Array, false, true],
  [undefined, false, true],
  [Boolean, false, false],
  [BigInt, false, false],
  [Date, false, false],
  [Decimal, false, false],
  [Float, false, false],
])('%o: plain values %s, with a schema %s', (type, plain, withSchema) => {
  expect(wantsPlainValues(type, false)).toBe(plain);
  expect(wantsPlainValues(type, true)).toBe(withSchema);
});
