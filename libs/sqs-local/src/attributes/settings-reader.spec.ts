import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../queue/settings.js';
import { describeSettings } from './describe.js';
import { readSettings } from './settings-reader.js';

function read(given: Record<string, string>, fifo = false) {
  return readSettings(new Map(Object.entries(given)), defaultSettings(fifo), fifo);
}

describe('readSettings', () => {
  it.each([
    [{ VisibilityTimeout: '43201' }, 'from 0 to 43200'],
    [{ VisibilityTimeout: '1.5' }, 'must be an integer'],
    [{ MaximumMessageSize: '1023' }, 'from 1024'],
    [{ KmsDataKeyReusePeriodSeconds: '59' }, 'from 60'],
    [{ SqsManagedSseEnabled: 'yes' }, 'true or false'],
    [{ Policy: 'no json' }, 'must be JSON'],
    [{ Policy: '[]' }, 'must be a JSON object'],
    [{ RedrivePolicy: '{"maxReceiveCount":3}' }, 'deadLetterTargetArn'],
    [{ RedrivePolicy: '{"deadLetterTargetArn":"arn","maxReceiveCount":1001}' }, 'from 1 to 1000'],
    [{ RedriveAllowPolicy: '{"redrivePermission":"some"}' }, 'must be one of allowAll'],
    [{ RedriveAllowPolicy: '{"redrivePermission":"byQueue"}' }, 'list of 1 to 10'],
    [{ RedriveAllowPolicy: '{"redrivePermission":"denyAll","sourceQueueArns":["a"]}' }, 'only be given with'],
    [{ KmsMasterKeyId: 'alias/aws/sqs', SqsManagedSseEnabled: 'true' }, 'one type of server-side encryption'],
    [{ ContentBasedDeduplication: 'true' }, 'Unknown Attribute ContentBasedDeduplication'],
    [{ Nonsense: '1' }, 'Unknown Attribute Nonsense'],
    [{ QueueArn: '1' }, 'Unknown Attribute QueueArn'],
  ])('refuses %j', (given, message) => {
    expect(() => read(given as Record<string, string>)).toThrow(message);
  });

  it('refuses high throughput without deduplication by group', () => {
    expect(() => read({ FifoThroughputLimit: 'perMessageGroupId' }, true)).toThrow('only when DeduplicationScope');
    expect(read({ FifoThroughputLimit: 'perMessageGroupId', DeduplicationScope: 'messageGroup' }, true)).toMatchObject({
      FifoThroughputLimit: 'perMessageGroupId',
    });
  });

  it('takes a count in a string, and ten where there is none', () => {
    expect(
      read({ RedrivePolicy: '{"deadLetterTargetArn":"arn","maxReceiveCount":"7"}' }).RedrivePolicy?.maxReceiveCount,
    ).toBe(7);
    expect(read({ RedrivePolicy: '{"deadLetterTargetArn":"arn"}' }).RedrivePolicy?.maxReceiveCount).toBe(10);
  });

  it('takes a policy away with an empty value', () => {
    const settings = read({ Policy: '{"Version":"2012-10-17"}' });
    expect(readSettings(new Map([['Policy', '']]), settings, false).Policy).toBeUndefined();
  });

  it('lets a key of KMS replace the encryption of SQS', () => {
    const described = describeSettings(read({ KmsMasterKeyId: 'alias/aws/sqs' }));
    expect(Object.fromEntries(described)).toMatchObject({
      KmsMasterKeyId: 'alias/aws/sqs',
      SqsManagedSseEnabled: 'false',
      KmsDataKeyReusePeriodSeconds: '300',
    });
  });
});
