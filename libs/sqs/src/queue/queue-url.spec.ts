import { describe, expect, it } from 'vitest';

import { isQueueOfArn, queueLocation, queueUrlOfArn } from './queue-url.js';

describe('queueLocation', () => {
  it.each([
    ['https://sqs.eu-west-1.amazonaws.com/123456789012/q', { region: 'eu-west-1' }],
    ['https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q', { region: 'cn-north-1' }],
    ['https://eu-west-1.queue.amazonaws.com/123456789012/q', { region: 'eu-west-1' }],
    ['https://queue.amazonaws.com/123456789012/q', { region: 'us-east-1' }],
    [
      'https://vpce-1-a.sqs.eu-west-1.vpce.amazonaws.com/123456789012/q',
      { region: 'eu-west-1', endpoint: 'https://vpce-1-a.sqs.eu-west-1.vpce.amazonaws.com' },
    ],
    ['http://127.0.0.1:9324/000000000000/q', { endpoint: 'http://127.0.0.1:9324' }],
    [
      'http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/q',
      { region: 'us-east-1', endpoint: 'http://sqs.us-east-1.localhost.localstack.cloud:4566' },
    ],
  ])('reads %s', (url, location) => {
    expect(queueLocation(url)).toEqual(location);
  });

  it('throws for what is no URL', () => {
    expect(() => queueLocation('my-queue')).toThrow(TypeError);
  });
});

describe('queueUrlOfArn', () => {
  const arn = 'arn:aws:sqs:eu-west-1:999999999999:dead';

  it.each([
    ['https://sqs.eu-west-1.amazonaws.com/123456789012/q', 'https://sqs.eu-west-1.amazonaws.com/999999999999/dead'],
    ['http://127.0.0.1:9324/queue/q', 'http://127.0.0.1:9324/queue/dead'],
  ])('is written as %s', (sibling, url) => {
    expect(queueUrlOfArn(arn, sibling)).toBe(url);
  });

  it('refuses what is no ARN of a queue', () => {
    expect(() => queueUrlOfArn('arn:aws:sns:eu-west-1:1:topic', 'http://h/1/q')).toThrow(/not the ARN/);
  });
});

describe('isQueueOfArn', () => {
  const arn = 'arn:aws:sqs:eu-west-1:123456789012:q';

  it.each([
    ['https://sqs.eu-west-1.amazonaws.com/123456789012/q', true],
    ['https://vpce-1-a.sqs.eu-west-1.vpce.amazonaws.com/123456789012/q', true],
    ['http://127.0.0.1:9324/123456789012/q', true],
    ['http://127.0.0.1:9324/queue/q', true],
    ['https://sqs.eu-west-1.amazonaws.com/123456789012/other', false],
    ['https://sqs.eu-west-1.amazonaws.com/999999999999/q', false],
    ['https://sqs.us-east-1.amazonaws.com/123456789012/q', false],
  ])('of %s is %s', (url, expected) => {
    expect(isQueueOfArn(arn, url)).toBe(expected);
  });

  it('is false for what is no ARN of a queue', () => {
    expect(isQueueOfArn('arn:aws:sns:eu-west-1:123456789012:q', 'http://127.0.0.1/123456789012/q')).toBe(false);
    expect(isQueueOfArn('q', 'http://127.0.0.1/123456789012/q')).toBe(false);
  });
});
