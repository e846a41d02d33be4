/**
 * A Nest application as a full member of a Celery fleet whose broker is Amazon SQS.
 *
 * @module
 */
export * from './tasks.js';
export {
  BackendError,
  ImproperlyConfigured,
  MemoryIdempotencyStore,
  MemoryResultStore,
  MemoryRevocationStore,
  RedisIdempotencyStore,
  RedisResultStore,
  RedisRevocationStore,
  type MemoryIdempotencyStoreOptions,
  type MemoryResultStoreOptions,
  type MemoryRevocationStoreOptions,
  type RedisIdempotencyStoreOptions,
  type RedisResultStoreOptions,
  type RedisRevocationStoreOptions,
} from '#backends';
export {
  EncodeError,
  InvalidTaskError,
  MaxRetriesExceededError,
  NoStoreError,
  NotRegistered,
  RemoteTaskError,
  ResultIgnoredError,
  ResultsClosedError,
  SqsCeleryError,
  TaskRevokedError,
  TimeLimitExceeded,
  TimeoutError,
  UnsupportedCompressionError,
  WorkerLostError,
  WouldBlockError,
  type AttemptClaim,
  type ChordCount,
  type ChordPart,
  type ChordPartId,
  type ChordResult,
  type ChordStart,
  type ChordStore,
  type ClaimAnswer,
  type Clock,
  type ExceptionInfo,
  type ExtendedMeta,
  type IdempotencyStore,
  type ResultStore,
  type ResultSubscription,
  type ResultTuple,
  type Revocation,
  type RevocationStore,
  type TaskMeta,
  type Timer,
} from '#celery';
export {
  AsyncResult,
  GroupResult,
  type CanvasOptions,
  type FromArguments,
  type GetOptions,
  type LongEta,
  type MemberResult,
  type SendOptions,
} from '#producer';
export {
  LeaseLostError,
  MessageTooLargeError,
  MissingCredentialsError,
  MissingRegionError,
  QueueAccessDeniedError,
  QueueAttributesInvalidError,
  QueueAttributesMismatchError,
  QueueNotFoundError,
  QueueRequestError,
  QueuesNotReadyError,
  SendFailedError,
  SqsTransportError,
  TransportClosedError,
  type ConsumerMode,
  type ConsumerState,
  type DeadLetterOptions,
  type QueueAttributes,
} from '#sqs';
export {
  ClaimLostError,
  RawMessageRequest,
  TaskRequest,
  type AdmissionHook,
  type BackoffOptions,
  type DeadLetter,
  type DeadLetterHook,
  type ErrorClass,
  type ErrorMatcher,
  type TaskOptions,
  type WorkerEvent,
} from '#worker';
export { InvalidConfigurationError, NotConnectedError, QueueNotConsumedError, UndefinedQueueError } from './errors.js';
export { RawMessageContext } from './raw/raw-message-context.decorator.js';
export { RawMessage } from './raw/raw-message.decorator.js';
export type { EventBridgeEnvelope, ForeignFormat, MessageAttribute, MessageAttributes, SnsEnvelope } from '#celery';
export type { PrioritySteps } from './options/priority-queues.js';
export type { QueueOptions, ReceiveOptions } from './options/queue-options.js';
export type { SqsCeleryOptions, SqsCeleryOptionsFactory } from './options/sqs-celery-options.js';
export { TaskProducer, type SentSignature, type TaskSendOptions } from './producer/task-producer.js';
export { SqsCeleryModule, type SqsCeleryAsyncOptions } from './sqs-celery.module.js';
export { Arg, Args, Kwarg, Kwargs, type TaskParameterOptions } from './tasks/parameter.decorators.js';
export { TaskContext } from './tasks/task-context.decorator.js';
export { Task, type TaskHandler } from './tasks/task.decorator.js';
export { WorkerControl } from './worker/worker-control.js';
export { CLOCK, SQS_CELERY_OPTIONS } from './tokens.js';
