export { MemoryIdempotencyStore, type MemoryIdempotencyStoreOptions } from './memory-idempotency-store.js';
export { MemoryResultStore, type MemoryResultStoreOptions } from './memory-result-store.js';
export { MemoryRevocationStore, type MemoryRevocationStoreOptions } from './memory-revocation-store.js';
