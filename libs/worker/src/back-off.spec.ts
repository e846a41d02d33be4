import { describe, expect, it } from 'vitest';
import { backOffSeconds } from './back-off.js';

describe('backOffSeconds', () => {
  it.each([
    [1, 1, 5],
    [2, 1, 5],
    [3, 2, 10],
    [5, 4, 20],
    [7, 8, 40],
    [9, 12, 60],
    [20, 12, 60],
    [1000, 12, 60],
  ])('at receive %i draws from %i to %i seconds', (receiveCount, shortest, longest) => {
    expect(backOffSeconds(receiveCount, () => 0)).toBe(shortest);
    expect(backOffSeconds(receiveCount, () => 0.999_999)).toBe(longest);
  });
});
