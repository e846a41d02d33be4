import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { batchFailure, receivedMessages, withUnanswered } from './answers.js';

describe('receivedMessages', () => {
  it('takes a message that is in the answer twice once, with its last handle, and keeps the order', () => {
    const [a, b, again] = ['a', 'b', 'a'].map((MessageId, n) => ({ MessageId, ReceiptHandle: `${n}` }));
    expect(receivedMessages([a, b, again])).toEqual({ messages: [again, b], unusable: 0 });
  });

  it('counts what nobody could delete', () => {
    const usable = { MessageId: 'a', ReceiptHandle: 'b' };
    const unusable = [null, 1, {}, { MessageId: 'a' }, { MessageId: '', ReceiptHandle: 'b' }];
    expect(receivedMessages([usable, ...unusable])).toEqual({ messages: [usable], unusable: unusable.length });
  });

  it('takes anything', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        for (const message of receivedMessages(anything).messages) expect(message.ReceiptHandle).not.toBe('');
      }),
    );
  });
});

describe('withUnanswered', () => {
  it('counts an entry that is not named as failed for the time being', () => {
    const refused = { Id: '1', Code: 'InvalidMessageContents', SenderFault: true };
    const answer = withUnanswered({ Successful: [{ Id: '0' }], Failed: [refused] }, ['0', '1', '2']);
    expect(answer.Failed).toMatchObject([refused, { Id: '2', SenderFault: false }]);
  });
});

describe('batchFailure', () => {
  const entry = (SenderFault: boolean): { Id: string; Code: string; SenderFault: boolean } => ({
    Id: '0',
    Code: 'X',
    SenderFault,
  });
  it('is one only where all entries failed and may be repeated', () => {
    expect(batchFailure({ Failed: [entry(false), entry(false)] }, 2)).toBeDefined();
    expect(batchFailure({ Failed: [entry(false)] }, 2)).toBeUndefined();
    expect(batchFailure({ Failed: [entry(false), entry(true)] }, 2)).toBeUndefined();
    expect(batchFailure({}, 0)).toBeUndefined();
  });
});
