/**
 * A Nest application as a full member of a Celery fleet whose broker is Amazon SQS.
 *
 * @module
 */
export * from './tasks.js';
export {
  BackendError,
  DynamoDbIdempotencyStore,
  DynamoDbResultStore,
  DynamoDbRevocationStore,
  ImproperlyConfigured,
  MemoryIdempotencyStore,
  MemoryResultStore,
  MemoryRevocationStore,
  RedisIdempotencyStore,
  RedisResultStore,
  RedisRevocationStore,
  S3ResultStore,
  type DynamoDbClientLike,
  type DynamoDbConnectionOptions,
  type DynamoDbIdempotencyStoreOptions,
  type DynamoDbResultStoreOptions,
  type DynamoDbRevocationStoreOptions,
  type MemoryIdempotencyStoreOptions,
  type MemoryResultStoreOptions,
  type MemoryRevocationStoreOptions,
  type RedisIdempotencyStoreOptions,
  type RedisResultStoreOptions,
  type RedisRevocationStoreOptions,
  type S3ClientLike,
  type S3ConnectionOptions,
  type S3Location,
  type S3ResultStoreOptions,
} from '#backends';
export {
  EncodeError,
  IncompleteStream,
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
  type GroupStore,
  type IdempotencyStore,
  type ResultStore,
  type ResultSubscription,
  type ResultTuple,
  type Revocation,
  type RevocationStore,
  type StampValue,
  type StampedHeaders,
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
  type ResultDependency,
  type ResultsOrErrors,
  type PublishedTask,
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
  type PollTrouble,
  type QueueAttributes,
  type QueueCounts,
  type SqsAction,
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
  type TaskEndState,
  type WorkerEvent,
} from '#worker';
export { getTaskEventsToken, getTaskProducerToken, getWorkerControlToken } from './connections/connection-tokens.js';
export {
  InjectTaskEvents,
  InjectTaskProducer,
  InjectWorkerControl,
} from './connections/inject-connection.decorators.js';
export type { SqsCeleryFeature } from './connections/sqs-celery-feature.js';
export {
  ConnectionsNotReadyError,
  InvalidConfigurationError,
  NotConnectedError,
  QueueNotConsumedError,
  UndefinedQueueError,
} from './errors.js';
export type { CostEstimate } from './costs/cost-estimate.js';
export { SqsCeleryCosts, type SqsRequestCount } from './costs/sqs-celery-costs.js';
export { OnTaskEvent, type OnTaskEventOptions } from './events/on-task-event.decorator.js';
export type { TaskEvent, TaskEventMap } from './events/task-event-map.js';
export { TaskEvents, type TaskEventListener, type TaskEventOptions } from './events/task-events.js';
export { SqsCeleryHealthIndicator } from './health/sqs-celery-health-indicator.js';
export { SqsCeleryHealth } from './health/sqs-celery-health.js';
export type {
  ConnectionHealth,
  HealthDetails,
  HealthProbe,
  HealthReport,
  QueueHealth,
  RunningTaskHealth,
} from './health/health-report.js';
export { RawMessageContext } from './raw/raw-message-context.decorator.js';
export { RawMessage } from './raw/raw-message.decorator.js';
export type { RouteFunction, RouteOptions, RouteTable, TaskRoute, TaskRoutes } from '#celery';
export type { EventBridgeEnvelope, ForeignFormat, MessageAttribute, MessageAttributes, SnsEnvelope } from '#celery';
export type { PrioritySteps } from './options/priority-queues.js';
export type { QueueOptions, ReceiveOptions } from './options/queue-options.js';
export type { ThreadsOptions } from './threads/threads-options.js';
export type { SqsCeleryOptions, SqsCeleryOptionsFactory } from './options/sqs-celery-options.js';
export { TaskProducer, type SentSignature, type TaskSendOptions } from './producer/task-producer.js';
export { SqsCeleryModule, type SqsCeleryAsyncOptions } from './sqs-celery.module.js';
export type { AroundTask } from './tasks/around-task.js';
export { Arg, Args, Kwarg, Kwargs, type TaskParameterOptions } from './tasks/parameter.decorators.js';
export { TaskContext } from './tasks/task-context.decorator.js';
export { Task, type TaskHandler } from './tasks/task.decorator.js';
export type { RawMessageOptions, TaskDecoratorOptions } from './tasks/task-metadata.js';
export { WorkerControl } from './worker/worker-control.js';
export { CLOCK, SQS_CELERY_OPTIONS, getSqsCeleryOptionsToken } from './tokens.js';
