import { describe, expect, it } from 'vitest';
import { DynamoDbIdempotencyStore, DynamoDbResultStore, DynamoDbRevocationStore } from '../dynamodb/index.js';
import { ImproperlyConfigured } from '../errors.js';
import { MemoryIdempotencyStore, MemoryResultStore, MemoryRevocationStore } from '../memory/index.js';
import { RedisIdempotencyStore, RedisResultStore, RedisRevocationStore } from '../redis/index.js';
import { openIdempotencyStore, openResultStore, openRevocationStore } from './open-stores.js';

describe('the store of a URL', () => {
  it.each(['memory://', 'cache+memory://', 'cache+memory'])('is in memory for %s', (url) => {
    expect(openResultStore(url)).toBeInstanceOf(MemoryResultStore);
    expect(openIdempotencyStore(url)).toBeInstanceOf(MemoryIdempotencyStore);
    expect(openRevocationStore(url)).toBeInstanceOf(MemoryRevocationStore);
  });

  it.each(['redis://127.0.0.1/0', 'rediss://127.0.0.1', 'REDIS://127.0.0.1', 'socket:///run/redis.sock'])(
    'is in Redis for %s',
    (url) => {
      expect(openResultStore(url)).toBeInstanceOf(RedisResultStore);
      expect(openIdempotencyStore(url)).toBeInstanceOf(RedisIdempotencyStore);
      expect(openRevocationStore(url)).toBeInstanceOf(RedisRevocationStore);
    },
  );

  it.each(['dynamodb://eu-central-1', 'dynamodb://key:secret@localhost:8000/table?read=5&ttl_seconds=60'])(
    'is in DynamoDB for %s',
    (url) => {
      expect(openResultStore(url)).toBeInstanceOf(DynamoDbResultStore);
      expect(openIdempotencyStore(url)).toBeInstanceOf(DynamoDbIdempotencyStore);
      expect(openRevocationStore(url)).toBeInstanceOf(DynamoDbRevocationStore);
    },
  );

  it.each([
    ['rpc://', /result backend cannot be rpc:.*queue of replies.*redis:/],
    ['rpc', /queue of replies/],
    ['amqp://guest:s3cret@host', /amqp:.*every task/],
    ['db+postgresql://u:s3cret@host/db', /pickles/],
    ['sentinel://:s3cret@host', /connected client/],
    ['dynamodb://:s3cret@eu-central-1', /both/],
    ['s3cret', /Usable are redis:/],
    [':s3cret@host', /Usable are redis:/],
    ['', /Usable are redis:/],
  ])('is refused for %s, with what could be instead', (url, message) => {
    const open = () => openResultStore(url);
    expect(open).toThrow(ImproperlyConfigured);
    expect(open).toThrow(message);
    expect(open).not.toThrow(/s3cret/);
  });
});
