import { describe, expect, it } from 'vitest';
import {
  ContentDisallowed,
  DecodeError,
  EncodeError,
  Ignore,
  InvalidTaskError,
  MaxRetriesExceededError,
  NestingTooDeepError,
  NotRegistered,
  Reject,
  SoftTimeLimitExceeded,
  SqsCeleryError,
  TaskRevokedError,
  TimeLimitExceeded,
  UnrecoverableError,
  WorkerLostError,
} from '../errors/index.js';
import { errorOf, exceptionInfoOf, FOREIGN_MODULE, RemoteTaskError, tracebackOf } from './index.js';

const info = (excModule: string, excType: string, ...excMessage: unknown[]) => ({ excType, excMessage, excModule });

describe('exceptionInfoOf', () => {
  it.each([
    [new InvalidTaskError('bad'), info('celery.exceptions', 'InvalidTaskError', 'bad')],
    [new NotRegistered('proj.x'), info('celery.exceptions', 'NotRegistered', 'proj.x')],
    [new TaskRevokedError('expired'), info('celery.exceptions', 'TaskRevokedError', 'expired')],
    [new Ignore('why'), info('celery.exceptions', 'Ignore', 'why')],
    [new Reject({ reason: 'no', requeue: true }), info('celery.exceptions', 'Reject', 'no', true)],
    [new WorkerLostError('gone'), info('billiard.exceptions', 'WorkerLostError', 'gone')],
    [new TimeLimitExceeded(5), info('billiard.exceptions', 'TimeLimitExceeded', 5)],
    [new SoftTimeLimitExceeded(5), info('billiard.exceptions', 'SoftTimeLimitExceeded', 5)],
    [new EncodeError('no', '$'), info('kombu.exceptions', 'EncodeError', 'Cannot encode $: no')],
    [new DecodeError('no'), info('kombu.exceptions', 'DecodeError', 'no')],
  ])('gives Python its own class for %s', (error, expected) => {
    expect(exceptionInfoOf(error)).toEqual(expected);
  });

  it('gives the class that is extended for a subclass Python does not have', () => {
    expect(exceptionInfoOf(new NestingTooDeepError(3))).toMatchObject({ excType: 'DecodeError' });
    expect(exceptionInfoOf(new ContentDisallowed('a/b'))).toMatchObject({ excModule: 'kombu.exceptions' });
    expect(exceptionInfoOf(new MaxRetriesExceededError('t', 'id'))).toMatchObject({
      excType: 'MaxRetriesExceededError',
      excModule: 'celery.exceptions',
    });
  });

  it.each([
    [new Error('m'), 'Exception'],
    [new TypeError('m'), 'TypeError'],
    [new RangeError('m'), 'ValueError'],
    [new SyntaxError('m'), 'ValueError'],
    [new ReferenceError('m'), 'NameError'],
    [new DOMException('m', 'TimeoutError'), 'TimeoutError'],
  ])('gives %s a class of Python', (error, excType) => {
    expect(exceptionInfoOf(error)).toEqual(info('builtins', excType, 'm'));
  });

  it('stores what an error says more than its message', () => {
    const said = new Map<Error, string>();
    const messageOf = (error: Error): string | undefined => said.get(error);
    const error = new RangeError('short');
    expect(exceptionInfoOf(error, messageOf)).toEqual(info('builtins', 'ValueError', 'short'));
    said.set(error, 'longer');
    expect(exceptionInfoOf(error, messageOf)).toEqual(info('builtins', 'ValueError', 'longer'));
    const unreadable = (): never => {
      throw new Error('of a getter');
    };
    expect(exceptionInfoOf(error, unreadable)).toEqual(info('builtins', 'ValueError', 'short'));
  });

  it('keeps the name of any other class, with or without `name`', () => {
    class PaymentError extends TypeError {}
    class Named extends Error {
      override readonly name = 'ValueError';
    }
    expect(exceptionInfoOf(new PaymentError('m'))).toEqual(info(FOREIGN_MODULE, 'PaymentError', 'm'));
    expect(exceptionInfoOf(new UnrecoverableError('m'))).toEqual(info(FOREIGN_MODULE, 'UnrecoverableError', 'm'));
    // Not Python's: the class only happens to be called so.
    expect(exceptionInfoOf(new Named('m'))).toEqual(info(FOREIGN_MODULE, 'ValueError', 'm'));
    expect(exceptionInfoOf(new AggregateError([], 'm'))).toEqual(info(FOREIGN_MODULE, 'AggregateError', 'm'));
  });

  it('has no argument where there is no message, and finds those of an aggregate', () => {
    expect(exceptionInfoOf(new Error('')).excMessage).toEqual([]);
    expect(exceptionInfoOf(new AggregateError([new Error('a'), new Error('b'), 3])).excMessage).toEqual(['a; b']);
  });

  it.each([['boom'], [{ code: 5 }], [7], [null]])('takes %j, which is no error, as the argument', (thrown) => {
    expect(exceptionInfoOf(thrown)).toEqual(info('builtins', 'Exception', thrown));
  });

  it('takes undefined', () => {
    expect(exceptionInfoOf(undefined)).toEqual(info('builtins', 'Exception'));
  });

  it('makes a name of which Python can make a class', () => {
    const error = new Error('m');
    error.name = `a\0b\ud800${'x'.repeat(500)}`;
    const { excType } = exceptionInfoOf(error);
    expect(excType).toMatch(/^a_b\uFFFDx+$/);
    expect(excType.length).toBe(200);
  });

  it('leaves no half of a character, at which Python fails when it prints', () => {
    const error = new Error('cut 🎉'.slice(0, -1));
    expect(exceptionInfoOf(error).excMessage).toEqual(['cut \uFFFD']);
    expect(tracebackOf(error)).toMatch(/^Error: cut \uFFFD\n/);
  });

  it('survives an error that throws when it is looked at', () => {
    const hostile = new Proxy(new Error('m'), {
      get: () => {
        throw new Error('no');
      },
    });
    expect(exceptionInfoOf(hostile)).toEqual(info('builtins', 'Exception'));
    expect(tracebackOf(hostile)).toBe('Error: undefined');
  });
});

describe('errorOf', () => {
  const stored = info('builtins', 'ValueError', 'boom');

  it('is an error with the name, message and stack of the other worker', () => {
    const error = errorOf(stored, 'Traceback…');
    expect(error).toBeInstanceOf(RemoteTaskError);
    expect(error).toBeInstanceOf(SqsCeleryError);
    expect(error).toMatchObject({ code: 'SQS_CELERY_REMOTE_TASK', remoteTraceback: 'Traceback…', info: stored });
    expect(String(error)).toBe('ValueError: boom');
  });

  it.each([
    [[], ''],
    [['boom', 42], "('boom', 42)"],
    [[5], '5'],
  ])('words the arguments %j as Python does', (excMessage, message) => {
    expect(errorOf({ ...stored, excMessage }).message).toBe(message);
  });

  it('is stored again as what it was', () => {
    expect(exceptionInfoOf(errorOf(stored))).toEqual(stored);
  });
});

describe('tracebackOf', () => {
  it('is the stack, with those of the causes, and nothing else of the error', () => {
    const error = new Error('outer', { cause: new TypeError('inner', { cause: 'payload' }) });
    Object.assign(error, { card: '4111' });
    const text = tracebackOf(error) ?? '';
    expect(text).toMatch(/^Error: outer\n {4}at .*\nCaused by: TypeError: inner\n {4}at /s);
    expect(text).not.toContain('4111');
    expect(text).not.toContain('payload');
  });

  it('ends: causes in a circle, and stacks without end', () => {
    const error = new Error('a');
    error.cause = error;
    expect(tracebackOf(error)?.match(/Error: a/g)).toHaveLength(1);
    error.stack = 'x'.repeat(100_000);
    expect(tracebackOf(error)?.length).toBeLessThan(17_000);
  });

  it('is null for what is no error', () => {
    expect(tracebackOf('boom')).toBeNull();
  });
});
