import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { awsFailure, entryFailure } from './aws-failure.js';

const answer = (name: string, httpStatusCode: number): Error =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

describe('awsFailure', () => {
  it.each([
    [answer('AWS.SimpleQueueService.NonExistentQueue', 400), 'QueueDoesNotExist', false, true],
    [answer('AccessDeniedException', 403), 'AccessDenied', false, true],
    [answer('com.amazon.coral.service#ExpiredTokenException', 403), 'ExpiredTokenException', true, true],
    [answer('ThrottlingException', 400), 'ThrottlingException', true, true],
    [answer('RequestTimeTooSkewed', 403), 'RequestTimeTooSkewed', true, true],
    [answer('InvalidParameterValue', 400), 'InvalidParameterValue', false, true],
    [answer('UnknownError', 503), 'UnknownError', true, true],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'ECONNRESET', true, false],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED', true, true],
    [Object.assign(new Error('x'), { name: 'TimeoutError' }), 'TimeoutError', true, false],
    [answer('SyntaxError', 200), 'SyntaxError', true, false],
    [answer('UnknownError', 302), 'UnknownError', true, false],
    [answer('UnknownError', 429), 'UnknownError', true, true],
    [Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'DEPTH_ZERO_SELF_SIGNED_CERT', true, true],
    [Object.assign(new Error('x'), { code: 'valueOf' }), 'valueOf', true, false],
    [undefined, 'UnknownError', true, true],
  ])('reads %s', (error, code, transient, answered) => {
    expect(awsFailure(error)).toMatchObject({ code, transient, answered });
  });
});

describe('awsFailure of anything', () => {
  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), fc.object(), (anything, fields) => {
        expect(typeof awsFailure(anything).message).toBe('string');
        const error = Object.assign(new Error('x'), { ...fields, name: anything, message: anything, code: anything });
        expect(typeof awsFailure(error).code).toBe('string');
        expect(typeof awsFailure(error).message).toBe('string');
      }),
    );
  });
});

describe('entryFailure', () => {
  it('repeats what is not the sender’s fault, and throttling', () => {
    expect(entryFailure({ Code: 'InternalError', SenderFault: false }).transient).toBe(true);
    expect(entryFailure({ Code: 'RequestThrottled', SenderFault: true }).transient).toBe(true);
    expect(entryFailure({ Code: 'InvalidMessageContents', SenderFault: true }).transient).toBe(false);
  });
});
