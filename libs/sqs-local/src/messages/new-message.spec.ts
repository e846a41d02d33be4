import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqsError } from '../errors.js';
import { Params } from '../protocol/params.js';
import { defaultSettings } from '../queue/settings.js';
import { md5OfAttributes } from './md5.js';
import { messageSize, readSubmission } from './new-message.js';

const standard = { fifo: false, settings: defaultSettings(false) };
const fifo = { fifo: true, settings: defaultSettings(true) };
const text = (StringValue: string, DataType = 'String') => ({ DataType, StringValue });

function isAccepted(MessageBody: string): boolean {
  try {
    return readSubmission(new Params({ MessageBody }), standard).message.body === MessageBody;
  } catch (error) {
    if (error instanceof SqsError && error.queryCode === 'InvalidMessageContents') return false;
    throw error;
  }
}

describe('readSubmission', () => {
  it.each([
    [{}, 'must contain the parameter MessageBody'],
    [{ MessageBody: 'lone \ud800 surrogate' }, 'outside the allowed set'],
    [{ MessageBody: 'x', DelaySeconds: 901 }, 'between 0 and 900'],
    [{ MessageBody: 'x', DelaySeconds: '1' }, 'must be an integer'],
    [{ MessageBody: 'x', MessageDeduplicationId: 'd' }, 'not valid for this queue type'],
    [{ MessageBody: 'x', MessageGroupId: 'a b' }, 'punctuation'],
    [{ MessageBody: 'x', MessageAttributes: { 'a..b': text('v') } }, 'no period'],
    [{ MessageBody: 'x', MessageAttributes: { 'Amazon.x': text('v') } }, 'reserved'],
    [{ MessageBody: 'x', MessageAttributes: { a: text('v', 'Text') } }, 'must be String, Number or Binary'],
    [{ MessageBody: 'x', MessageAttributes: { a: text('1e', 'Number') } }, 'to a number'],
    [
      { MessageBody: 'x', MessageAttributes: { a: { DataType: 'String', StringListValues: ['v'] } } },
      'not implemented',
    ],
    [{ MessageBody: 'x', MessageSystemAttributes: { Other: text('v') } }, 'Only AWSTraceHeader'],
  ])('refuses %j', (members, message) => {
    expect(() => readSubmission(new Params(members), standard)).toThrow(message);
  });

  it('wants a group and a deduplication id on a FIFO queue, and no delay', () => {
    const message = { MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    expect(() => readSubmission(new Params({ MessageBody: 'x' }), fifo)).toThrow('MessageGroupId');
    expect(() => readSubmission(new Params({ MessageBody: 'x', MessageGroupId: 'g' }), fifo)).toThrow(
      'ContentBasedDeduplication',
    );
    expect(() => readSubmission(new Params({ ...message, DelaySeconds: 1 }), fifo)).toThrow('only as a whole');
    expect(readSubmission(new Params({ ...message, DelaySeconds: 0 }), fifo).delaySeconds).toBeUndefined();
  });

  it('counts the bytes of body, names, types and values', () => {
    const members = {
      MessageBody: 'é😀',
      MessageAttributes: { name: text('v'), b: { DataType: 'Binary', BinaryValue: 'AAEC' } },
    };
    expect(messageSize(readSubmission(new Params(members), standard).message)).toBe(6 + 4 + 6 + 1 + 1 + 6 + 3);
  });

  it('accepts exactly the characters that XML has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (body) => {
        const allowed = Array.from(body).every((character) => {
          const code = character.codePointAt(0) ?? 0;
          return code === 9 || code === 10 || code === 13 || (code >= 32 && code !== 0xfffe && code !== 0xffff);
        });
        expect(isAccepted(body)).toBe(allowed);
      }),
    );
  });
});

describe('md5OfAttributes', () => {
  it('digests text, numbers and bytes as the AWS clients do, in order of name', () => {
    const attributes = new Map([
      ['k', { dataType: 'String', value: 'v' }],
      ['b', { dataType: 'Binary', value: Buffer.from([0, 1, 255]) }],
    ]);
    // As boto3 computes it for the same attributes.
    expect(md5OfAttributes(attributes)).toBe('de3b5d506c7d8830c417fce06220767d');
    expect(md5OfAttributes(new Map())).toBeUndefined();
  });
});
