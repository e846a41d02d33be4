import { describe, expect, it } from 'vitest';
import { ImproperlyConfigured } from '../errors.js';
import { parseDynamoDbUrl } from './dynamodb-url.js';

const capacity = { read: 1, write: 1 };

describe('a DynamoDB URL', () => {
  it.each([
    ['dynamodb://eu-central-1', { region: 'eu-central-1', table: 'celery', shown: 'dynamodb://eu-central-1/celery' }],
    ['dynamodb://@eu-west-1/results', { region: 'eu-west-1', table: 'results', shown: 'dynamodb://eu-west-1/results' }],
    ['DynamoDB:///my.table', { table: 'my.table', shown: 'dynamodb:///my.table' }],
    ['dynamodb://', { table: 'celery', shown: 'dynamodb:///celery' }],
  ])('%s names a table and its region', (url, expected) => {
    expect(parseDynamoDbUrl(url)).toEqual({ capacity, ...expected });
  });

  it('may hold credentials, which are never shown', () => {
    expect(parseDynamoDbUrl('dynamodb://AKIA:s%2Fcr%40t@us-east-1/table')).toEqual({
      capacity,
      table: 'table',
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 's/cr@t' },
      shown: 'dynamodb://us-east-1/table',
    });
  });

  it.each(['localhost:8000', '127.0.0.1:8000', '[::1]:8000'])('may name this machine: %s', (host) => {
    expect(parseDynamoDbUrl(`dynamodb://@${host}/table`)).toMatchObject({
      region: 'us-east-1',
      endpoint: `http://${host}`,
      table: 'table',
    });
  });

  it('says how a table is made, and for how long results are kept', () => {
    expect(parseDynamoDbUrl('dynamodb://us-east-1/?read=5&write=10&ttl_seconds=86400')).toMatchObject({
      table: 'celery',
      capacity: { read: 5, write: 10 },
      ttlSeconds: 86_400,
    });
    expect(parseDynamoDbUrl('dynamodb://us-east-1/t-1?ttl_seconds=-1')).toMatchObject({ ttlSeconds: -1 });
  });

  it.each([
    ['redis://s3cret@host', /scheme/],
    ['dynamodb://s3cret@us-east-1', /both/],
    ['dynamodb://:s3cret@us-east-1', /both/],
    ['dynamodb://key:s3%cret@us-east-1', /percent-encoded/],
    ['dynamodb://key:s3cret@localhost/table', /port/],
    ['dynamodb://key:s3cret@my_host:80/table', /region/],
    ['dynamodb://key:s3cret@us-east-1/no/table', /table/],
    ['dynamodb://key:s3cret@us-east-1/table?region=eu', /parameters region/],
    ['dynamodb://key:s3cret@us-east-1/table?read=0', /read/],
    ['dynamodb://key:s3cret@us-east-1/table?write=many', /write/],
    ['dynamodb://key:s3cret@us-east-1/table?ttl_seconds=0', /ttl_seconds/],
    ['dynamodb://key:s3cret@us-east-1/table?ttl_seconds=1.5', /ttl_seconds/],
    ['dynamodb://key:s3cret@us-east-1/table#x', /scheme|usable/],
  ])('is refused without its secret: %s', (url, message) => {
    const parse = () => parseDynamoDbUrl(url);
    expect(parse).toThrow(ImproperlyConfigured);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/s3/);
  });
});
