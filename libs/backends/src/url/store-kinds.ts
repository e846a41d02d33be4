import type { IdempotencyStore, ResultStore, RevocationStore } from '#celery/ports';
import {
  DYNAMODB_SCHEMES,
  DynamoDbIdempotencyStore,
  DynamoDbResultStore,
  DynamoDbRevocationStore,
  type DynamoDbIdempotencyStoreOptions,
  type DynamoDbResultStoreOptions,
  type DynamoDbRevocationStoreOptions,
} from '../dynamodb/index.js';
import {
  MemoryIdempotencyStore,
  MemoryResultStore,
  MemoryRevocationStore,
  type MemoryIdempotencyStoreOptions,
  type MemoryResultStoreOptions,
  type MemoryRevocationStoreOptions,
} from '../memory/index.js';
import {
  REDIS_SCHEMES,
  RedisIdempotencyStore,
  RedisResultStore,
  RedisRevocationStore,
  type RedisIdempotencyStoreOptions,
  type RedisResultStoreOptions,
  type RedisRevocationStoreOptions,
} from '../redis/index.js';
import { S3_SCHEMES, S3ResultStore, type S3ResultStoreOptions } from '../s3/index.js';

/** Options of a result store of any kind; each takes those that it knows. */
export type ResultStoreOptions = RedisResultStoreOptions &
  MemoryResultStoreOptions &
  DynamoDbResultStoreOptions &
  S3ResultStoreOptions;

/** Options of an idempotency store of any kind. */
export type IdempotencyStoreOptions = RedisIdempotencyStoreOptions &
  MemoryIdempotencyStoreOptions &
  DynamoDbIdempotencyStoreOptions;

/** Options of a revocation store of any kind. */
export type RevocationStoreOptions = RedisRevocationStoreOptions &
  MemoryRevocationStoreOptions &
  DynamoDbRevocationStoreOptions;

/** What a URL may name. What a kind has no way to open, it cannot be. */
export interface StoreKind {
  /** What stands before `://`, in lower case. */
  readonly schemes: ReadonlySet<string>;
  readonly results?: (url: string, options: ResultStoreOptions) => ResultStore;
  readonly idempotency?: (url: string, options: IdempotencyStoreOptions) => IdempotencyStore;
  readonly revocations?: (url: string, options: RevocationStoreOptions) => RevocationStore;
}

const redis: StoreKind = {
  schemes: REDIS_SCHEMES,
  results: (url, options) => new RedisResultStore(url, options),
  idempotency: (url, options) => new RedisIdempotencyStore(url, options),
  revocations: (url, options) => new RedisRevocationStore(url, options),
};

const memory: StoreKind = {
  schemes: new Set(['memory', 'cache+memory']),
  results: (_url, options) => new MemoryResultStore(options),
  idempotency: (_url, options) => new MemoryIdempotencyStore(options),
  revocations: (_url, options) => new MemoryRevocationStore(options),
};

const dynamoDb: StoreKind = {
  schemes: DYNAMODB_SCHEMES,
  results: (url, options) => new DynamoDbResultStore(url, options),
  idempotency: (url, options) => new DynamoDbIdempotencyStore(url, options),
  revocations: (url, options) => new DynamoDbRevocationStore(url, options),
};

const s3: StoreKind = {
  schemes: S3_SCHEMES,
  results: (url, options) => new S3ResultStore(url, options),
};

/** Every kind that there is, in the order in which errors name them. */
export const STORE_KINDS: readonly StoreKind[] = [redis, dynamoDb, s3, memory];
