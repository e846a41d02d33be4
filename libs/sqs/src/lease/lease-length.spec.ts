import { expect, it } from 'vitest';

import { extensionLease } from './lease-length.js';

it.each([
  [30, 1, 1800, 30],
  [30, 2, 1800, 60],
  [30, 5, 1800, 480],
  [30, 10, 1800, 1800],
  [30, 2, undefined, 30],
  [30, 3, 20, 30],
  [1800, 2, 1800, 1800],
  [30, 4000, 43_200, 43_200],
])('a lease of %i s is extended by the %ith receive, in a queue of %s s, to %i s', (base, receive, queue, seconds) => {
  expect(extensionLease(base, receive, queue)).toBe(seconds);
});
