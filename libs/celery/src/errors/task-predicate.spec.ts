import { describe, expect, it } from 'vitest';
import { Ignore } from './ignore.js';
import { Reject } from './reject.js';
import { Retry } from './retry.js';
import { SqsCeleryError } from './sqs-celery-error.js';
import { TaskPredicate } from './task-predicate.js';

describe('Retry', () => {
  it('carries what it was given', () => {
    const cause = new Error('upstream is down');
    const retry = new Retry({ countdown: 60, cause, args: [1], kwargs: { a: 2 }, queue: 'slow', maxRetries: null });
    expect(retry).toMatchObject({
      name: 'Retry',
      countdown: 60,
      args: [1],
      kwargs: { a: 2 },
      queue: 'slow',
      maxRetries: null,
    });
    expect(retry.cause).toBe(cause);
    expect(retry).toBeInstanceOf(TaskPredicate);
    expect(retry).not.toBeInstanceOf(SqsCeleryError);
  });

  it('leaves everything to the task without options', () => {
    const retry = new Retry();
    expect(retry.countdown).toBeUndefined();
    expect(retry.maxRetries).toBeUndefined();
    expect('cause' in retry).toBe(false);
  });

  it('accepts Date and ISO 8601 for eta, and a countdown in the past as Celery does', () => {
    expect(new Retry({ eta: '2030-01-01T00:00:00' }).eta).toBe('2030-01-01T00:00:00');
    expect(new Retry({ eta: new Date(0) }).eta).toEqual(new Date(0));
    expect(new Retry({ countdown: -1 }).countdown).toBe(-1);
  });

  it.each([
    [{ countdown: Number.NaN }, /countdown.*NaN/],
    [{ countdown: Number.POSITIVE_INFINITY }, /countdown.*Infinity/],
    [{ countdown: -2_147_483_649 }, /countdown/],
    [{ countdown: '60' }, /countdown.*a string/],
    [{ eta: 'tomorrow' }, /eta.*ISO 8601/],
    [{ eta: new Date(Number.NaN) }, /eta/],
    [{ eta: 5 }, /eta/],
    [{ eta: new Date(0), countdown: 1 }, /not both/],
    [{ args: { 0: 1 } }, /args must be an array/],
    [{ kwargs: [1] }, /kwargs must be an object/],
    [{ headers: null }, /headers must be an object/],
    [{ queue: '' }, /queue/],
    [{ maxRetries: -1 }, /maxRetries.*-1/],
    [{ maxRetries: 1.5 }, /maxRetries/],
  ])('refuses %o', (options, message) => {
    expect(() => new Retry(options as never)).toThrow(TypeError);
    expect(() => new Retry(options as never)).toThrow(message);
  });
});

describe('Reject', () => {
  it('does not requeue unless asked to', () => {
    expect(new Reject()).toMatchObject({ name: 'Reject', requeue: false, message: '' });
    expect(new Reject({ reason: 'no thanks', requeue: true })).toMatchObject({ requeue: true, message: 'no thanks' });
  });

  it('takes an error as its cause', () => {
    const error = new Error('broken');
    expect(new Reject({ reason: error })).toMatchObject({ cause: error, message: 'broken' });
  });

  it('refuses a requeue that is no boolean', () => {
    expect(() => new Reject({ requeue: 'yes' as never })).toThrow('requeue must be a boolean');
  });
});

describe('Ignore', () => {
  it('is control flow with a reason', () => {
    expect(new Ignore('already done')).toMatchObject({ name: 'Ignore', message: 'already done' });
    expect(new Ignore()).toBeInstanceOf(TaskPredicate);
  });
});
