import { afterEach, describe, expect, it, vi } from 'vitest';
import { brokerClientConfig, parseBrokerUrl } from './broker-url.js';

afterEach(() => vi.unstubAllEnvs());

describe('parseBrokerUrl', () => {
  it.each([
    ['sqs://', {}],
    ['sqs:///', {}],
    ['sqs://@', {}],
    ['sqs://key:secret@', { accessKeyId: 'key', secretAccessKey: 'secret' }],
    ['sqs://AK%2BID:a%2Fb%40c%3Ad@', { accessKeyId: 'AK+ID', secretAccessKey: 'a/b@c:d' }],
    ['sqs://key:100%@', { accessKeyId: 'key', secretAccessKey: '100%' }],
    ['sqs://localhost:9324', { host: 'localhost:9324' }],
    ['sqs://localhost:9324//', { host: 'localhost:9324' }],
    ['sqs://key:secret@localhost:9324//', { accessKeyId: 'key', secretAccessKey: 'secret', host: 'localhost:9324' }],
  ])('reads %s', (url, parts) => {
    expect(parseBrokerUrl(url)).toEqual(parts);
  });

  it.each(['', 'amqp://guest@localhost', 'sqs:', 'sqs://key@', 'sqs://:secret@', 'sqs://key:se/cret@', 'sqs://a:b:c@'])(
    'refuses %o',
    (url) => {
      expect(parseBrokerUrl(url)).toBeUndefined();
    },
  );
});

describe('brokerClientConfig', () => {
  it("leaves everything to the SDK's chain for sqs://", () => {
    expect(brokerClientConfig({})).toEqual({});
  });

  it('makes an endpoint of a host, in the region of the environment', () => {
    vi.stubEnv('AWS_REGION', undefined);
    expect(brokerClientConfig({ host: 'h:1' })).toEqual({ endpoint: 'http://h:1', region: 'us-east-1' });
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    expect(brokerClientConfig({ host: 'h:1' })).toMatchObject({ region: 'eu-west-1' });
  });
});
