import { SqsCeleryError } from './sqs-celery-error.js';

/** A call that no worker could run (Celery's `InvalidTaskError`): refused before anything is sent. */
export class InvalidTaskError extends SqsCeleryError {
  constructor(message: string, options?: ErrorOptions) {
    super('SQS_CELERY_INVALID_TASK', message, options);
  }
}

/** The task asked for another attempt after its last one (Celery's `MaxRetriesExceededError`). */
export class MaxRetriesExceededError extends SqsCeleryError {
  /**
   * @param task name of the task
   * @param id id of the task
   */
  constructor(task: string, id: string, options?: ErrorOptions) {
    super('SQS_CELERY_MAX_RETRIES_EXCEEDED', `Can't retry ${task}[${id}]: its maxRetries are used up`, options);
  }
}

/** No handler is registered for the task's name (Celery's `NotRegistered`). */
export class NotRegistered extends SqsCeleryError {
  /** @param task name of the task */
  constructor(readonly task: string) {
    super(
      'SQS_CELERY_NOT_REGISTERED',
      `Task '${task}' is not registered in this worker: decorate a handler with @Task('${task}'), or give it a queue of its own`,
    );
  }
}

/** The task was discarded before it ran (Celery's `TaskRevokedError`). */
export class TaskRevokedError extends SqsCeleryError {
  /** @param reason Celery's words: `expired`, `revoked` */
  constructor(readonly reason: string) {
    super('SQS_CELERY_TASK_REVOKED', reason);
  }
}

/** The workers that received the message ended before they could settle it (Celery's `WorkerLostError`). */
export class WorkerLostError extends SqsCeleryError {
  constructor(message: string, options?: ErrorOptions) {
    super('SQS_CELERY_WORKER_LOST', message, options);
  }
}

/** The reason of the task's `AbortSignal` once its soft time limit has passed (Celery's `SoftTimeLimitExceeded`). */
export class SoftTimeLimitExceeded extends SqsCeleryError {
  /** @param seconds the limit */
  constructor(readonly seconds: number) {
    super('SQS_CELERY_SOFT_TIME_LIMIT_EXCEEDED', `${seconds} s`);
  }
}

/** The hard time limit passed before the task ended (Celery's `TimeLimitExceeded`). */
export class TimeLimitExceeded extends SqsCeleryError {
  /** @param seconds the limit */
  constructor(readonly seconds: number) {
    super('SQS_CELERY_TIME_LIMIT_EXCEEDED', `${seconds} s`);
  }
}
