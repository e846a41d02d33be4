import { describe, expect, it } from 'vitest';

import {
  differingAttributes,
  invalidAttributes,
  parseRedrivePolicy,
  toSqsAttributes,
  type QueueAttributes,
} from './queue-attributes.js';

const arn = 'arn:aws:sqs:eu-west-1:123456789012:dlq';

const all: QueueAttributes = {
  visibilityTimeout: 60,
  delaySeconds: 5,
  receiveMessageWaitTimeSeconds: 20,
  messageRetentionPeriod: 86_400,
  maximumMessageSize: 262_144,
  contentBasedDeduplication: true,
  deduplicationScope: 'messageGroup',
  fifoThroughputLimit: 'perMessageGroupId',
  kmsMasterKeyId: 'alias/key',
  kmsDataKeyReusePeriodSeconds: 600,
  sqsManagedSseEnabled: false,
  policy: { Version: '2012-10-17', Statement: [] },
  redrivePolicy: { deadLetterTargetArn: arn, maxReceiveCount: 5 },
  redriveAllowPolicy: { redrivePermission: 'denyAll' },
};

describe('invalidAttributes', () => {
  it('accepts every attribute', () => {
    expect(invalidAttributes(all, true)).toEqual([]);
  });

  it.each<[QueueAttributes, RegExp]>([
    [{ visibilityTimeout: 43_201 }, /visibilityTimeout must be a whole number from 0 to 43200, not 43201/],
    [{ visibilityTimeout: 1.5 }, /visibilityTimeout/],
    [{ delaySeconds: 901 }, /delaySeconds/],
    [{ receiveMessageWaitTimeSeconds: 21 }, /receiveMessageWaitTimeSeconds/],
    [{ messageRetentionPeriod: 59 }, /messageRetentionPeriod/],
    [{ maximumMessageSize: 1_048_577 }, /maximumMessageSize/],
    [{ kmsDataKeyReusePeriodSeconds: 59 }, /kmsDataKeyReusePeriodSeconds/],
    [{ kmsMasterKeyId: '' }, /kmsMasterKeyId/],
    [{ policy: 'not json' }, /policy must be an object or its JSON/],
    [{ sqsManagedSseEnabled: true, kmsMasterKeyId: 'k' }, /exclude each other/],
    [{ redrivePolicy: { deadLetterTargetArn: 'dlq', maxReceiveCount: 3 } }, /ARN/],
    [{ redrivePolicy: { deadLetterTargetArn: arn, maxReceiveCount: 0 } }, /maxReceiveCount/],
    [{ contentBasedDeduplication: true }, /FIFO queues only/],
  ])('refuses %j', (attributes, problem) => {
    expect(invalidAttributes(attributes, false).join()).toMatch(problem);
  });

  it('names an attribute that does not exist', () => {
    const attributes = Object.fromEntries([['VisibilityTimeout', 30]]);
    expect(invalidAttributes(attributes, false)).toEqual(['VisibilityTimeout is not an attribute of a queue']);
  });
});

describe('differingAttributes', () => {
  it('finds none in what it encoded itself', () => {
    expect(differingAttributes(all, toSqsAttributes(all))).toEqual([]);
  });

  it('reads policies as SQS writes them back', () => {
    const found = { RedrivePolicy: `{"maxReceiveCount":"5","deadLetterTargetArn":"${arn}"}` };
    expect(differingAttributes({ redrivePolicy: { deadLetterTargetArn: arn, maxReceiveCount: 5 } }, found)).toEqual([]);
  });

  it('lists each difference with both values', () => {
    expect(differingAttributes({ visibilityTimeout: 60, kmsMasterKeyId: 'a' }, { VisibilityTimeout: '30' })).toEqual([
      { attribute: 'visibilityTimeout', wanted: '60', found: '30' },
      { attribute: 'kmsMasterKeyId', wanted: 'a', found: undefined },
    ]);
  });
});

describe('parseRedrivePolicy', () => {
  it('takes the count as number or text', () => {
    const policy = { deadLetterTargetArn: arn, maxReceiveCount: 4 };
    expect(parseRedrivePolicy(JSON.stringify(policy))).toEqual(policy);
    expect(parseRedrivePolicy(JSON.stringify({ ...policy, maxReceiveCount: '4' }))).toEqual(policy);
  });

  it.each([undefined, '', '{}', 'null'])('is undefined for %j', (text) => {
    expect(parseRedrivePolicy(text)).toBeUndefined();
  });
});
