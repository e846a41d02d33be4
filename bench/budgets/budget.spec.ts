import { describe, expect, it } from 'vitest';
import { atLeast, atMost, budget } from './budget.js';

describe('parts', () => {
  it.each([
    [atMost(2, 'p', 2), true],
    [atMost(2, 'p', 2.1), false],
    [atLeast(2, 'p', 2), true],
    [atLeast(2, 'p', 1.9), false],
    [atMost(2, 'p', -1), true],
    [atMost(2, 'p', undefined), false],
    [atLeast(2, 'p', undefined), false],
  ])('%j is met: %s', (part, met) => {
    expect(part.met).toBe(met);
  });
});

describe('budget', () => {
  it('shows the part that is furthest behind its goal', () => {
    const parts = [atMost(0.2, 'close', 0.19), atLeast(15, 'far', 10)] as const;
    expect(budget('b', 's', parts)).toMatchObject({ value: 10, goal: 15, met: false });
  });

  it('is met when all parts are', () => {
    expect(budget('b', 's', [atMost(1, 'a', 1), atLeast(1, 'b', 2)]).met).toBe(true);
  });

  it('has no value while a part was not measured', () => {
    expect(budget('b', 's', [atMost(1, 'a', 9), atMost(1, 'b', undefined)])).toMatchObject({ value: null, met: false });
  });
});
