import { describe, expect, it } from 'vitest';
import { Ignore, MaxRetriesExceededError, Reject, Retry, UnrecoverableError } from '#celery';
import { resolveTaskOptions } from './task-options.js';
import { failureOf } from './failure-of.js';

const error = new RangeError('x');
const first = { id: 'i', task: 't', retries: 0, maxRetries: 3 };
const last = { ...first, retries: 3 };
const options = resolveTaskOptions();
const autoretry = resolveTaskOptions({ autoretryFor: [RangeError] });
const byPredicate = resolveTaskOptions({ autoretryFor: (thrown) => thrown === error });
const butNot = resolveTaskOptions({ autoretryFor: [Error], dontAutoretryFor: [RangeError] });

describe('failureOf', () => {
  it.each([
    ['an error', error, first, options, { error, exhausted: false }],
    ['what is no error', 'text', first, options, { error: 'text', exhausted: false }],
    ['undefined', undefined, first, options, { error: undefined, exhausted: false }],
    [
      'a permanent failure',
      new UnrecoverableError('m', { cause: error }),
      first,
      autoretry,
      { error, exhausted: false },
    ],
    ['an error of autoretryFor', error, first, autoretry, undefined],
    ['the last one of autoretryFor', error, last, autoretry, { error, exhausted: true }],
    ['one of autoretryFor without end', error, { ...last, maxRetries: null }, autoretry, undefined],
    ['an error that the predicate takes', error, first, byPredicate, undefined],
    ['the last that the predicate takes', error, last, byPredicate, { error, exhausted: true }],
    ['one that the predicate leaves', 'text', first, byPredicate, { error: 'text', exhausted: false }],
    ['one of dontAutoretryFor', error, first, butNot, { error, exhausted: false }],
    ['a retry', new Retry({ cause: error }), first, options, undefined],
    ['the last retry', new Retry({ cause: error }), last, options, { error, exhausted: true }],
    ['a retry with a limit of its own', new Retry({ cause: error, maxRetries: null }), last, options, undefined],
    [
      'a last retry without a reason',
      new Retry(),
      last,
      options,
      { error: expect.any(MaxRetriesExceededError), exhausted: true },
    ],
    ['an ignored task', new Ignore(), last, options, undefined],
    ['a rejected message', new Reject(), last, options, undefined],
  ])('of %s', (_, thrown, attempt, taskOptions, failure) => {
    expect(failureOf(thrown, attempt, taskOptions)).toEqual(failure);
  });

  it.each(['autoretryFor', 'dontAutoretryFor'] as const)('of an error about which %s throws is both', (option) => {
    const bug = new TypeError('cannot read');
    const throws = (): never => {
      throw bug;
    };
    const failure = failureOf(error, first, resolveTaskOptions({ autoretryFor: [RangeError], [option]: throws }));
    expect(failure).toEqual({ error: expect.any(AggregateError), exhausted: false });
    expect(failure?.error).toMatchObject({
      errors: [error, bug],
      cause: error,
      message: expect.stringContaining("'t'"),
    });
  });
});
