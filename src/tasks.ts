/**
 * What producers and workers share, without Nest and AWS: names and types of tasks, signatures, the errors a handler
 * throws to steer its task, and the values of Celery's JSON that JavaScript has no type for.
 *
 * @module
 */
export {
  DateTime,
  Decimal,
  Float,
  Ignore,
  PlainDate,
  PlainTime,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  UnrecoverableError,
  Uuid,
  defineTask,
  jsonTypes,
  signature,
  toPlain,
  type JsonTypes,
  type RejectOptions,
  type RetryOptions,
  type SignatureInit,
  type SignatureJson,
  type SignatureOptions,
  type TaskArgs,
  type TaskDefaults,
  type TaskDefinition,
  type TaskKwargs,
  type TaskResult,
  type TaskShape,
} from '#celery';
