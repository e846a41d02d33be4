/**
 * A Nest application as a full member of a Celery fleet whose broker is Amazon SQS.
 *
 * @module
 */
export * from './tasks.js';
export {
  EncodeError,
  InvalidTaskError,
  MaxRetriesExceededError,
  NotRegistered,
  SqsCeleryError,
  TaskRevokedError,
  TimeLimitExceeded,
  UnsupportedCompressionError,
  WorkerLostError,
  type Clock,
  type Timer,
} from '#celery';
export { AsyncResult, type FromArguments, type SendOptions } from '#producer';
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
  type DeadLetterOptions,
  type QueueAttributes,
} from '#sqs';
export { TaskRequest, type ErrorClass, type TaskOptions } from '#worker';
export { InvalidConfigurationError, NotConnectedError, UndefinedQueueError } from './errors.js';
export type { QueueOptions, ReceiveOptions } from './options/queue-options.js';
export type { SqsCeleryOptions, SqsCeleryOptionsFactory } from './options/sqs-celery-options.js';
export { TaskProducer, type TaskSendOptions } from './producer/task-producer.js';
export { SqsCeleryModule, type SqsCeleryAsyncOptions } from './sqs-celery.module.js';
export { Arg, Args, Kwarg, Kwargs, type TaskParameterOptions } from './tasks/parameter.decorators.js';
export { TaskContext } from './tasks/task-context.decorator.js';
export { Task, type TaskHandler } from './tasks/task.decorator.js';
export { CLOCK, SQS_CELERY_OPTIONS } from './tokens.js';
