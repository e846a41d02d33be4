import { describe, expect, it } from 'vitest';
import { Ignore, MaxRetriesExceededError, Reject, Retry, UnrecoverableError } from '#celery';
import { resolveTaskOptions } from './task-options.js';
import { failureOf } from './failure-of.js';

const error = new RangeError('x');
const first = { id: 'i', task: 't', retries: 0, maxRetries: 3 };
const last = { ...first, retries: 3 };
const options = resolveTaskOptions();
const autoretry = resolveTaskOptions({ autoretryFor: [RangeError] });
const butNot = resolveTaskOptions({ autoretryFor: [Error], dontAutoretryFor: [RangeError] });

describe('failureOf', () => {
  it.each([
    ['an error', error, first, options, { error }],
    ['what is no error', 'text', first, options, { error: 'text' }],
    ['undefined', undefined, first, options, { error: undefined }],
    ['a permanent failure', new UnrecoverableError('m', { cause: error }), first, autoretry, { error }],
    ['an error of autoretryFor', error, first, autoretry, undefined],
    ['the last one of autoretryFor', error, last, autoretry, { error }],
    ['one of autoretryFor without end', error, { ...last, maxRetries: null }, autoretry, undefined],
    ['one of dontAutoretryFor', error, first, butNot, { error }],
    ['a retry', new Retry({ cause: error }), first, options, undefined],
    ['the last retry', new Retry({ cause: error }), last, options, { error }],
    ['a retry with a limit of its own', new Retry({ cause: error, maxRetries: null }), last, options, undefined],
    ['a last retry without a reason', new Retry(), last, options, { error: expect.any(MaxRetriesExceededError) }],
    ['an ignored task', new Ignore(), last, options, undefined],
    ['a rejected message', new Reject(), last, options, undefined],
  ])('of %s', (_, thrown, attempt, taskOptions, failure) => {
    expect(failureOf(thrown, attempt, taskOptions)).toEqual(failure);
  });
});
