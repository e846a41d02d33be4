import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reject, Retry, TaskRevokedError, TimeLimitExceeded, exceptionInfoOf, signature, tracebackOf } from '#celery';
import type { Outcome } from '../outcome.js';
import type { RecordedKind } from './claim.js';
import { decodeDecision, encodeDecision } from './decision.js';

const NOW = 1_700_000_000_000;

/** The outcome that is carried out again, `later` milliseconds later. */
function again(outcome: Outcome<RecordedKind>, later = 0) {
  return decodeDecision(encodeDecision(outcome, { now: NOW }), { now: NOW + later });
}

/** The failure that is carried out again. */
function failedAgain(error: unknown): unknown {
  const outcome = again({ kind: 'failure', error });
  if (outcome.kind !== 'failure') throw new Error(`it is ${outcome.kind}`);
  return outcome.error;
}

describe('a recorded outcome', () => {
  it('is a success with the same result', () => {
    const outcome = { kind: 'success', result: { total: 1.5, big: 2n ** 70n }, runtimeSeconds: 2 } as const;
    expect(again(outcome)).toEqual(outcome);
  });

  it('is a success without a result where that has no JSON form', () => {
    const outcome = { kind: 'success', result: () => undefined, runtimeSeconds: 0.5 } as const;
    expect(again(outcome)).toEqual({ ...outcome, result: null });
  });

  it('is a success with what was added to the chord', () => {
    const added = [{ signature: signature('a', { args: [2n ** 70n], taskId: 'a-1' }), taskId: 'a-1' }];
    const outcome = { kind: 'success', result: null, runtimeSeconds: 0.5, added } as const;
    expect(again(outcome)).toEqual(outcome);
  });

  it('is a replacement by the same signature', () => {
    const outcome = { kind: 'replaced', signature: signature('a', { args: [1], queue: 'q' }) } as const;
    expect(again(outcome)).toEqual(outcome);
  });

  it('is a failure, whatever was thrown', () => {
    const thrown = fc.oneof(fc.anything(), fc.constant({ callback: () => undefined }));
    fc.assert(
      fc.property(thrown, (error) => {
        const { excType, excModule } = exceptionInfoOf(error);
        expect(exceptionInfoOf(failedAgain(error))).toMatchObject({ excType, excModule });
      }),
    );
  });

  it('is a failure that stores and shows the same error with its stack', () => {
    fc.assert(
      fc.property(fc.string(), (message) => {
        const error = new RangeError(message, { cause: new TypeError('because') });
        expect(exceptionInfoOf(failedAgain(error))).toEqual(exceptionInfoOf(error));
        expect(tracebackOf(failedAgain(error))).toBe(tracebackOf(error));
      }),
    );
  });

  it('keeps the argument of an error that has a JSON form, and the repr of any other', () => {
    const callback = (): void => {};
    expect(failedAgain('text')).toMatchObject({ info: { excMessage: ['text'] } });
    expect(failedAgain({ callback })).toMatchObject({ info: { excMessage: [expect.stringContaining('callback')] } });
  });

  it('is a retry that is due at the same time, with the same changes', () => {
    const error = new RangeError('later');
    const retry = new Retry({ args: [1], kwargs: { a: null }, queue: 'other', headers: { x: 'y' }, maxRetries: null });
    const outcome = again({ kind: 'retry', retry, error, delaySeconds: 30 }, 10_000);
    expect(outcome).toMatchObject({ kind: 'retry', delaySeconds: 20, error: { name: 'ValueError', message: 'later' } });
    const { args, kwargs, queue, headers, maxRetries } = retry;
    expect(outcome).toMatchObject({ retry: { args, kwargs, queue, headers, maxRetries } });
    expect(again({ kind: 'retry', retry, error, delaySeconds: 30 }, 60_000)).toMatchObject({ delaySeconds: 0 });
  });

  it('is what the task asked for', () => {
    expect(again({ kind: 'ignore' })).toEqual({ kind: 'ignore' });
    const error = new Reject({ reason: 'no' });
    const rejected = again({ kind: 'reject', requeue: false, reason: 'no', error });
    expect(rejected).toMatchObject({ kind: 'reject', requeue: false, reason: 'no', error: { name: 'Reject' } });
    const revoked = { kind: 'revoked', error: new TaskRevokedError('terminated'), terminated: true } as const;
    expect(again(revoked)).toMatchObject({ kind: 'revoked', terminated: true, error: { reason: 'terminated' } });
  });

  it('is a failure where a limit has ended it', () => {
    const error = new TimeLimitExceeded(5);
    const outcome = again({ kind: 'timeLimit', error, handler: Promise.resolve() });
    expect(outcome).toMatchObject({ kind: 'failure', error: { info: exceptionInfoOf(error) } });
  });
});
