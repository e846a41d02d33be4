export { type IoRedisLike, type NodeRedisLike, type RedisClient } from './redis-client.js';
export { RedisConnection, type RedisConnectionOptions } from './redis-connection.js';
export { RedisIdempotencyStore, type RedisIdempotencyStoreOptions } from './redis-idempotency-store.js';
export { RedisResultStore, type RedisResultStoreOptions } from './redis-result-store.js';
export { RedisRevocationStore, type RedisRevocationStoreOptions } from './redis-revocation-store.js';
export { parseRedisUrl, REDIS_SCHEMES, type RedisTls, type RedisUrl } from './redis-url.js';
