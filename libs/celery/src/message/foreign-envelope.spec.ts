import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from './decode-message.js';
import { openForeign, type ForeignContent } from './foreign-envelope.js';

function open(body: string): ForeignContent {
  const decoded = decodeMessage(body);
  if (decoded.kind !== 'foreign') throw new Error(`${decoded.kind}: not foreign`);
  return openForeign(body, decoded);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const notification = {
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:us-east-1:123456789012:orders',
  Subject: 'placed',
  Message: '{"order":1}',
  Timestamp: '2026-05-02T00:54:06.655Z',
  SignatureVersion: '1',
  Signature: 'EXAMPLE',
  MessageAttributes: {
    tenant: { Type: 'String', Value: 'acme' },
    blob: { Type: 'Binary', Value: base64('\u0001\u0002') },
    broken: { Type: 'String' },
    worse: 7,
  },
};

const event = {
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '123456789012',
  time: '2026-05-02T00:54:06Z',
  region: 'eu-west-1',
  resources: ['arn:aws:s3:::uploads', 7],
  detail: { bucket: { name: 'uploads' } },
};

describe('openForeign', () => {
  it.each([
    ['{"a":1.0}', 'json', { a: 1 }],
    [base64('{"a":1}'), 'json', { a: 1 }],
    ['[1,null]', 'json', [1, null]],
    ['null', 'json', null],
    ['12', 'json', 12],
    ['1414', 'json', 1414],
    ['{"__type__":"uuid","__value__":{}}', 'json', { __type__: 'uuid', __value__: {} }],
    ['plain words', 'text', 'plain words'],
    ['', 'text', ''],
    ['{"a":NaN}', 'text', '{"a":NaN}'],
    ['{"a":', 'text', '{"a":'],
    [base64('plain words'), 'text', base64('plain words')],
  ])('%s is %s', (body, format, payload) => {
    expect(open(body)).toEqual({ format, payload, messageAttributes: {} });
  });

  it('takes the message out of an SNS notification, parsed where it is JSON', () => {
    expect(open(JSON.stringify(notification))).toEqual({
      format: 'sns',
      payload: { order: 1 },
      sns: {
        messageId: notification.MessageId,
        topicArn: notification.TopicArn,
        subject: 'placed',
        timestamp: notification.Timestamp,
      },
      messageAttributes: {
        tenant: { DataType: 'String', StringValue: 'acme' },
        blob: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]) },
      },
    });
    expect(open(JSON.stringify({ ...notification, Message: 'words' })).payload).toBe('words');
    expect(open(JSON.stringify({ ...notification, Message: 'null' })).payload).toBeNull();
    expect(open(base64(JSON.stringify(notification))).payload).toEqual({ order: 1 });
  });

  it('takes the detail out of an EventBridge event', () => {
    expect(open(JSON.stringify(event))).toEqual({
      format: 'eventbridge',
      payload: event.detail,
      eventBridge: {
        id: event.id,
        detailType: 'Object Created',
        source: 'aws.s3',
        account: '123456789012',
        region: 'eu-west-1',
        time: event.time,
        resources: ['arn:aws:s3:::uploads'],
      },
      messageAttributes: {},
    });
  });

  it('reads envelopes whose fields have other types than they should', () => {
    const sns = open(JSON.stringify({ Type: 'Notification', Message: { a: 1 }, TopicArn: 7, MessageAttributes: [] }));
    expect(sns).toEqual({ format: 'sns', payload: { a: 1 }, sns: {}, messageAttributes: {} });
    const bridge = open(JSON.stringify({ 'detail-type': 7, source: null, detail: 'text', resources: 'none' }));
    expect(bridge).toMatchObject({ format: 'eventbridge', payload: 'text', eventBridge: { resources: [] } });
  });

  it('keeps S3 notifications, subscription confirmations and keys of prototypes as the JSON they are', () => {
    const confirmation = { ...notification, Type: 'SubscriptionConfirmation' };
    expect(open(JSON.stringify(confirmation))).toMatchObject({ format: 'json', payload: confirmation });
    expect(open('{"Records":[{"eventSource":"aws:s3"}]}').payload).toEqual({ Records: [{ eventSource: 'aws:s3' }] });
    const hostile = open(
      '{"Type":"Notification","Message":"{\\"__proto__\\":{\\"polluted\\":1}}","__proto__":{"a":1}}',
    );
    expect(Object.keys(Object(hostile.payload))).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([
    ['JSON', fc.json(), (body: string) => JSON.parse(body)],
    ['words', fc.string({ unit: 'binary' }).filter((text) => !isJson(text)), (body: string) => body],
  ] satisfies [string, fc.Arbitrary<string>, (body: string) => unknown][])(
    'gives back any %s',
    (_what, bodies, read) => {
      fc.assert(
        fc.property(bodies, (body) => {
          fc.pre(!isJson(Buffer.from(body, 'base64').toString()) && decodeMessage(body).kind === 'foreign');
          expect(open(body).payload).toEqual(read(body));
        }),
      );
    },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
