export { DYNAMODB_SCHEMES, parseDynamoDbUrl, type DynamoDbUrl } from './dynamodb-url.js';
export { DynamoDbIdempotencyStore, type DynamoDbIdempotencyStoreOptions } from './dynamodb-idempotency-store.js';
export type { DynamoDbConnectionOptions } from './dynamodb-link.js';
export type { DynamoDbClientLike } from './dynamodb-package.js';
export { DynamoDbResultStore, type DynamoDbResultStoreOptions } from './dynamodb-result-store.js';
export { DynamoDbRevocationStore, type DynamoDbRevocationStoreOptions } from './dynamodb-revocation-store.js';
