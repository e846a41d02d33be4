import fc from 'fast-check';
import { expect, it } from 'vitest';

import { backoffMs } from './backoff.js';

it('doubles from its base to its bound, with up to half as much again', () => {
  expect([1, 2, 3, 4, 5].map((n) => backoffMs(n, { baseMs: 100, maxMs: 1000 }, () => 0))).toEqual([
    100, 200, 400, 800, 1000,
  ]);
  expect(backoffMs(1, { baseMs: 100, maxMs: 1000 }, () => 1)).toBe(150);
});

it('is never shorter than its base, however many failures', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), (failures) => {
      const wait = backoffMs(failures, { baseMs: 1000, maxMs: 30_000 });
      expect(wait).toBeGreaterThanOrEqual(1000);
      expect(wait).toBeLessThanOrEqual(45_000);
    }),
  );
});
