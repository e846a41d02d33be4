import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { query, queueClient } from '../client.test-support.js';
import { queueDoesNotExist, SqsError } from '../errors.js';
import { LocalSqs } from '../index.js';
import { decodeQueryRequest } from './query-request.js';
import { queryCodec } from './query-response.js';
import { escapeXml } from './xml.js';

function decode(form: Record<string, string>) {
  return decodeQueryRequest({ method: 'POST', url: '/', headers: {}, body: new URLSearchParams(form).toString() });
}

function queryCodeOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof SqsError ? error.queryCode : error;
  }
}

function isWrongInteger(name: string, value: string): boolean {
  return name === 'MaxResults' && !/^-?\d{1,15}$/.test(value);
}

describe('requests of the Query protocol', () => {
  it('have lists, maps, structures and integers in their dotted names', () => {
    const { action, params } = decode({
      Action: 'SendMessageBatch',
      'SendMessageBatchRequestEntry.10.Id': 'ten',
      'SendMessageBatchRequestEntry.2.Id': 'two',
      'SendMessageBatchRequestEntry.2.DelaySeconds': '7',
      'SendMessageBatchRequestEntry.2.MessageAttribute.1.Name': 'k',
      'SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType': 'String',
      'AttributeName.1': 'All',
      'Attribute.1.Name': 'VisibilityTimeout',
      'Attribute.1.Value': '30',
    });
    expect(action).toBe('SendMessageBatch');
    expect(params.strings('AttributeNames')).toEqual(['All']);
    expect(params.stringMap('Attributes')).toEqual(new Map([['VisibilityTimeout', '30']]));
    const [two, ten] = params.list('Entries') ?? [];
    expect([two?.string('Id'), ten?.string('Id')]).toEqual(['two', 'ten']);
    expect(two?.integer('DelaySeconds', 0, 900)).toBe(7);
    expect(two?.structures('MessageAttributes').get('k')?.string('DataType')).toBe('String');
  });

  it('are refused when an integer is none', () => {
    expect(() => decode({ DelaySeconds: 'soon' })).toThrow('DelaySeconds must be an integer');
  });

  it('leave prototypes untouched', () => {
    decode({
      '__proto__.polluted': 'yes',
      'Attribute.1.Name': '__proto__',
      'Attribute.1.Value': 'x',
      'constructor.prototype.polluted': 'y',
    });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('never fail in another way than with an error of SQS', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(fc.stringMatching(/^[A-Za-z0-9._]{0,30}$/), fc.constant('MaxResults')), fc.string()),
        (form) => {
          const wrong = Object.entries(form).some(([name, value]) => isWrongInteger(name, value));
          const outcome = wrong ? 'MalformedInput' : undefined;
          expect(queryCodeOf(() => decode(form))).toBe(outcome);
        },
      ),
    );
  });
});

describe('answers of the Query protocol', () => {
  it('name the entries of lists and maps as SQS does', () => {
    const { body } = queryCodec.success(
      'SendMessageBatch',
      { Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', SenderFault: true }], NextToken: undefined },
      'request-1',
    );
    expect(body).toContain('<SendMessageBatchResultEntry><Id>a</Id></SendMessageBatchResultEntry>');
    expect(body).toContain('<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault></BatchResultErrorEntry>');
    expect(body).toContain('<RequestId>request-1</RequestId>');
    expect(body).not.toContain('NextToken');
    expect(queryCodec.success('GetQueueAttributes', { Attributes: { a: '1' } }, 'r').body).toContain(
      '<Attribute><Name>a</Name><Value>1</Value></Attribute>',
    );
    expect(queryCodec.success('DeleteMessage', {}, 'r').body).not.toContain('DeleteMessageResult');
  });

  it('carry the older error codes', () => {
    const { status, body } = queryCodec.failure(queueDoesNotExist(), 'r');
    expect(status).toBe(400);
    expect(body).toContain('<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>');
  });

  it('keep every character of a text', () => {
    const unescape = (xml: string): string =>
      xml
        .replace(/\r\n?/g, '\n')
        .replaceAll('&#xD;', '\r')
        .replaceAll('&quot;', '"')
        .replaceAll('&gt;', '>')
        .replaceAll('&lt;', '<')
        .replaceAll('&amp;', '&');
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(unescape(escapeXml(text))).toBe(text);
      }),
    );
  });
});

describe('the Query protocol at the endpoint', () => {
  it('addresses a queue by its URL or by the path alone', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    await query(sqs, { Action: 'SendMessage', MessageBody: 'by url', QueueUrl: queue.QueueUrl });
    await query(sqs, { Action: 'SendMessage', MessageBody: 'by path' }, '/000000000000/celery');
    expect(await queue.bodies()).toEqual(['by url', 'by path']);
  });

  it('refuses a request without action', async () => {
    await using sqs = await LocalSqs.start();
    expect(await query(sqs, {})).toContain('<Code>InvalidAction</Code>');
  });
});
