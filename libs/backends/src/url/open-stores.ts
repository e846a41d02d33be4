import type { IdempotencyStore, ResultStore, RevocationStore } from '#celery/ports';
import { ImproperlyConfigured } from '../errors.js';
import {
  MemoryIdempotencyStore,
  MemoryResultStore,
  MemoryRevocationStore,
  type MemoryIdempotencyStoreOptions,
  type MemoryResultStoreOptions,
  type MemoryRevocationStoreOptions,
} from '../memory/index.js';
import {
  RedisIdempotencyStore,
  RedisResultStore,
  RedisRevocationStore,
  type RedisIdempotencyStoreOptions,
  type RedisResultStoreOptions,
  type RedisRevocationStoreOptions,
} from '../redis/index.js';
import { REDIS_SCHEMES } from '../redis/redis-url.js';

/** The store of results that a URL names as Celery's `result_backend`. @throws ImproperlyConfigured */
export function openResultStore(
  url: string,
  options: RedisResultStoreOptions & MemoryResultStoreOptions = {},
): ResultStore {
  return kindOf('result backend', url) === 'redis'
    ? new RedisResultStore(url, options)
    : new MemoryResultStore(options);
}

/** The idempotency store at a URL of the same form. @throws ImproperlyConfigured */
export function openIdempotencyStore(
  url: string,
  options: RedisIdempotencyStoreOptions & MemoryIdempotencyStoreOptions = {},
): IdempotencyStore {
  const kind = kindOf('idempotency store', url);
  return kind === 'redis' ? new RedisIdempotencyStore(url, options) : new MemoryIdempotencyStore(options);
}

/** The revocation store at a URL of the same form. @throws ImproperlyConfigured */
export function openRevocationStore(
  url: string,
  options: RedisRevocationStoreOptions & MemoryRevocationStoreOptions = {},
): RevocationStore {
  const kind = kindOf('revocation store', url);
  return kind === 'redis' ? new RedisRevocationStore(url, options) : new MemoryRevocationStore(options);
}

const MEMORY_SCHEMES: ReadonlySet<string> = new Set(['memory', 'cache+memory']);

/** Why some of Celery's own backends are none here. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['rpc', 'it would create a queue of replies for every client on SQS'],
  ['amqp', 'it would create a queue for every task on SQS'],
  ['db', 'Celery keeps results there as Python pickles'],
  ['sentinel', "give a connected client of 'redis' or 'ioredis' instead"],
]);

function kindOf(what: string, url: string): 'redis' | 'memory' {
  const scheme = schemeOf(url);
  if (REDIS_SCHEMES.has(scheme)) return 'redis';
  if (MEMORY_SCHEMES.has(scheme)) return 'memory';
  const because = refusals.get(scheme.split('+')[0] ?? '');
  const usable = [...REDIS_SCHEMES, ...MEMORY_SCHEMES].map((one) => `${one}://`).join(', ');
  const reason = because === undefined ? '' : `: ${because}`;
  throw new ImproperlyConfigured(`The ${what} cannot be ${scheme}://${reason}. Usable are ${usable}`);
}

/** What stands before `://`; Celery also takes a bare `rpc` or `cache+memory`. Anything else is not shown: it may be a password. */
function schemeOf(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1] ?? url;
  const known = scheme !== url || refusals.has(url) || MEMORY_SCHEMES.has(url) || REDIS_SCHEMES.has(url);
  return known ? scheme.toLowerCase() : '…';
}
