/**
 * Stores behind the ports of results, idempotency and revocation: in memory, Redis, DynamoDB and S3.
 *
 * @module
 */
export * from './dynamodb/index.js';
export { BackendError, ImproperlyConfigured } from './errors.js';
export * from './memory/index.js';
export * from './redis/index.js';
export {
  IDEMPOTENCY_RETENTION,
  RESULT_EXPIRES,
  REVOKE_EXPIRES,
  REVOKES_MAX,
  type ResultRetention,
} from './retention.js';
export * from './s3/index.js';
export { openIdempotencyStore, openResultStore, openRevocationStore } from './url/open-stores.js';
