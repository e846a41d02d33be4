import { describe, expect, it } from 'vitest';
import { NoStoreError, SoftTimeLimitExceeded, SqsCeleryError } from '#celery';
import { LeaseLostError } from '#sqs';
import { abortReason, errorOfReason } from './thread-errors.js';

describe('the reason of an AbortSignal', () => {
  const crossed = (reason: unknown): Error => errorOfReason(structuredClone(abortReason(reason)));

  it('keeps the classes that handlers ask for', () => {
    expect(crossed(new SoftTimeLimitExceeded(1.5))).toEqual(new SoftTimeLimitExceeded(1.5));
    const lost = crossed(new LeaseLostError('celery', 'm1', 'shutdown'));
    expect(lost).toBeInstanceOf(LeaseLostError);
    expect(lost).toMatchObject({ queue: 'celery', messageId: 'm1', reason: 'shutdown' });
  });

  it('keeps name, message and code of every other', () => {
    const error = crossed(new NoStoreError('This', 'resultBackend'));
    expect(error).toBeInstanceOf(SqsCeleryError);
    expect(error).toMatchObject({ name: 'NoStoreError', code: 'SQS_CELERY_NO_STORE' });
    expect(crossed(new RangeError('far'))).toMatchObject({ name: 'RangeError', message: 'far' });
    expect(crossed('a text')).toMatchObject({ name: 'Error', message: "'a text'" });
  });
});
