import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, quantile } from './statistics.js';

const numbers = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('is not a number without values', () => {
    expect(median([])).toBeNaN();
  });
});

describe('quantile', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.99)).toBeCloseTo(4.96);
  });

  it('goes from the least to the greatest, and leaves the values in their order', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const before = [...values];
        expect([quantile(values, 0), quantile(values, 1)]).toEqual([Math.min(...values), Math.max(...values)]);
        expect(values).toEqual(before);
      }),
    );
  });
});
