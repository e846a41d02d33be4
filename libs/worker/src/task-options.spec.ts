import { describe, expect, it } from 'vitest';
import { resolveTaskOptions, taskOptionProblems } from './task-options.js';

class HttpError extends Error {}

describe('taskOptionProblems', () => {
  it.each([
    { concurrency: 1, rateLimit: '100/m', retryVia: 'visibility' },
    { rateLimit: null },
    { rateLimit: 0.5, retryVia: 'republish' },
    { autoretryFor: [HttpError, Error], dontAutoretryFor: (error: unknown) => error instanceof RangeError },
    { autoretryFor: () => true, onExhausted: async () => undefined },
    { rejectOnWorkerLost: false, storeErrorsEvenIfIgnored: true, trackStarted: true },
  ])('finds none in %j', (options) => {
    expect(taskOptionProblems(options)).toEqual([]);
  });

  it.each([
    [{ concurrency: 0 }, "'concurrency' must be a whole number from 1, got 0"],
    [{ concurrency: 1.5 }, "'concurrency' must be a whole number from 1, got 1.5"],
    [{ retryVia: 'redrive' }, "'retryVia' must be 'republish' or 'visibility', got 'redrive'"],
    [
      { rateLimit: '10/d' },
      "'rateLimit' must be starts per second, as a number or like '10/s', '100/m' or '2/h', or null for no limit, got '10/d'",
    ],
    [{ onExhausted: 'log' }, "'onExhausted' must be a function, got 'log'"],
    [
      { autoretryFor: HttpError },
      "'autoretryFor' must be an array of error classes, or a function that answers true for an error, got HttpError",
    ],
    [
      { dontAutoretryFor: [() => true] },
      "'dontAutoretryFor' must be an array of error classes, or a function that answers true for an error, got [null]",
    ],
    [{ throws: () => true }, "'throws' must be an array of error classes, got throws"],
    [{ trackStarted: 1 }, "'trackStarted' must be true or false, got 1"],
    [{ rejectOnWorkerLost: null }, "'rejectOnWorkerLost' must be true or false, got null"],
    [{ storeErrorsEvenIfIgnored: 'no' }, "'storeErrorsEvenIfIgnored' must be true or false, got 'no'"],
  ])('says what is wrong with %j', (options, problem) => {
    expect(taskOptionProblems(options)).toEqual([problem]);
  });
});

describe('resolveTaskOptions', () => {
  it('has the defaults', () => {
    expect(resolveTaskOptions()).toEqual({
      acksLate: true,
      acksOnFailure: true,
      acksOnTimeout: true,
      maxRetries: 3,
      pool: 'main',
      defaultRetryDelay: 180,
      autoretryFor: [],
      dontAutoretryFor: [],
      retryBackoff: false,
      retryBackoffMax: 600,
      retryJitter: true,
      retryVia: 'republish',
      rateLimit: null,
      rejectOnWorkerLost: true,
      ignoreResult: false,
      storeErrorsEvenIfIgnored: false,
      trackStarted: false,
      throws: [],
    });
  });

  it("lets a task's null lift the limit of taskDefaults", () => {
    expect(resolveTaskOptions({ rateLimit: null }, { rateLimit: '1/s' }).rateLimit).toBeNull();
    expect(resolveTaskOptions({ rateLimit: undefined as never }, { rateLimit: '1/s' }).rateLimit).toBe('1/s');
  });
});
