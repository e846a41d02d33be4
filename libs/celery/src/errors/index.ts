/*
 * The errors of this layer:
 *
 * - TaskPredicate                     control flow of a handler, no failure
 *     - Retry
 *     - Ignore
 *     - Reject
 *     - Replaced                    thrown by TaskRequest.replace
 * - SqsCeleryError                    everything else; `code` tells which
 *     - InvalidTaskError              a call that no worker could run
 *     - MaxRetriesExceededError
 *     - NotRegistered
 *     - TaskRevokedError
 *     - WorkerLostError
 *     - SoftTimeLimitExceeded
 *     - TimeLimitExceeded
 *     - (result-errors.ts)            NoStoreError, TimeoutError, … of those who wait for results
 *     - (serialization-errors.ts)     EncodeError, DecodeError, …
 * - UnrecoverableError                thrown by a handler: a failure that is not retried
 */
export { Ignore } from './ignore.js';
export { Reject, type RejectOptions } from './reject.js';
export {
  IncompleteStream,
  NoStoreError,
  ResultIgnoredError,
  ResultsClosedError,
  TimeoutError,
  WouldBlockError,
} from './result-errors.js';
export { Replaced } from './replaced.js';
export { Retry, type RetryOptions } from './retry.js';
export * from './serialization-errors.js';
export { SqsCeleryError } from './sqs-celery-error.js';
export {
  InvalidTaskError,
  MaxRetriesExceededError,
  NotRegistered,
  SoftTimeLimitExceeded,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
} from './task-errors.js';
export { TaskPredicate } from './task-predicate.js';
export { UnrecoverableError } from './unrecoverable-error.js';
