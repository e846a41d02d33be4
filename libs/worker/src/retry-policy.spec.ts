import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { automaticRetry, isRetriedAutomatically } from './retry-policy.js';
import { resolveTaskOptions, type TaskOptions } from './task-options.js';

const RETRIES = [0, 1, 2, 3, 5, 9, 10, 64, 2000];

function countdown(options: TaskOptions, retries: number, random?: () => number) {
  return automaticRetry(new Error('x'), resolveTaskOptions(options), retries, random).countdown;
}

describe('the delay of an automatic retry', () => {
  // What celery.utils.time.get_exponential_backoff_interval answers to celery.app.autoretry, without jitter.
  it.each([
    [true, 600, [1, 2, 4, 8, 32, 512, 600, 600, 600]],
    [1, 600, [1, 2, 4, 8, 32, 512, 600, 600, 600]],
    [2, 600, [2, 4, 8, 16, 64, 600, 600, 600, 600]],
    [0.5, 600, [1, 2, 4, 8, 32, 512, 600, 600, 600]],
    [3.9, 600, [3, 6, 12, 24, 96, 600, 600, 600, 600]],
    [1, 10.7, [1, 2, 4, 8, 10, 10, 10, 10, 10]],
    [5, 0, [0, 0, 0, 0, 0, 0, 0, 0, 0]],
    [700, 600, [600, 600, 600, 600, 600, 600, 600, 600, 600]],
    [2, 1e9, [2, 4, 8, 16, 64, 1024, 2048, 1e9, 1e9]],
  ])(
    'with retryBackoff %s and retryBackoffMax %d is as Celery computes it',
    (retryBackoff, retryBackoffMax, delays) => {
      const options = { retryBackoff, retryBackoffMax, retryJitter: false };
      expect(RETRIES.map((retries) => countdown(options, retries))).toEqual(delays);
    },
  );

  it.each([false, 0])('is the default one with retryBackoff %s', (retryBackoff) => {
    expect(countdown({ retryBackoff }, 3)).toBeUndefined();
  });

  it('with jitter is a whole number from 0 to that, both included', () => {
    expect(countdown({ retryBackoff: true }, 3, () => 0)).toBe(0);
    expect(countdown({ retryBackoff: true }, 3, () => 1 - 2 ** -53)).toBe(8);
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1e15, noNaN: true }),
        fc.nat(100_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (retryBackoff, retryBackoffMax, retries, random) => {
          const longest = countdown({ retryBackoff, retryBackoffMax, retryJitter: false }, retries) ?? Number.NaN;
          const drawn = countdown({ retryBackoff, retryBackoffMax }, retries, () => random) ?? Number.NaN;
          expect(Number.isSafeInteger(longest) && Number.isSafeInteger(drawn)).toBe(true);
          expect(longest).toBeLessThanOrEqual(retryBackoffMax);
          expect(drawn).toBeLessThanOrEqual(longest);
          expect(drawn).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it('draws every second of the range equally often', () => {
    const drawn = Array.from({ length: 900 }, (_, index) => countdown({ retryBackoff: true }, 3, () => index / 900));
    const times = Array.from({ length: 10 }, (_, seconds) => drawn.filter((one) => one === seconds).length);
    expect(times).toEqual([100, 100, 100, 100, 100, 100, 100, 100, 100, 0]);
  });
});

describe('isRetriedAutomatically', () => {
  const isBusy = (error: unknown): boolean => error instanceof Error && error.message === 'busy';

  it.each([
    ['a class', [RangeError], [], true],
    ['a parent', [Error], [], true],
    ['another class', [TypeError], [], false],
    ['none', [], [], false],
    ['an exception', [Error], [RangeError], false],
    ['a predicate', isBusy, [], true],
    ['a predicate that says no', () => false, [], false],
    ['a predicate for the exceptions', [RangeError], isBusy, false],
    ['two predicates', isBusy, () => false, true],
  ])('goes by %s', (_what, autoretryFor, dontAutoretryFor, expected) => {
    expect(isRetriedAutomatically(new RangeError('busy'), { autoretryFor, dontAutoretryFor })).toBe(expected);
  });

  it('takes nothing but true for a yes', () => {
    const answersText = JSON.parse.bind(null, '"yes"') as (error: unknown) => boolean;
    expect(isRetriedAutomatically(new Error('x'), { autoretryFor: answersText, dontAutoretryFor: [] })).toBe(false);
  });
});
