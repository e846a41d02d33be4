import { SqsCeleryError } from './sqs-celery-error.js';

/** Something was asked for that a store must remember, and none is configured. */
export class NoStoreError extends SqsCeleryError {
  constructor(
    /** What cannot be done. */
    readonly what: string,
    /** The option of `SqsCeleryModule` that names the store. */
    readonly option: string,
  ) {
    super('SQS_CELERY_NO_STORE', `${what} needs a store: give SqsCeleryModule the option ${option}.`);
  }
}

/** The task had not ended when the time was over in which its result was waited for (Celery's `TimeoutError`). */
export class TimeoutError extends SqsCeleryError {
  /**
   * @param taskId id of the task, which may still end
   * @param timeoutMs the time, in milliseconds
   */
  constructor(
    readonly taskId: string,
    readonly timeoutMs: number,
  ) {
    super('SQS_CELERY_TIMEOUT', `Task ${taskId} had no result within ${timeoutMs} ms; it may still run and end.`);
  }
}

/** A result was waited for inside a task (Celery's `RuntimeError: Never call result.get() within a task!`). */
export class WouldBlockError extends SqsCeleryError {
  /**
   * @param taskId id of the task whose result was asked for
   * @param runningId id of the task that asked
   */
  constructor(
    readonly taskId: string,
    readonly runningId: string,
  ) {
    super(
      'SQS_CELERY_WOULD_BLOCK',
      `Never call result.get() within a task: ${runningId} keeps a slot while it waits for ${taskId}, which may need one. ` +
        `Use callbacks (link), or get({ disableSyncSubtasks: false }) where that cannot happen.`,
    );
  }
}

/** The result of a task was waited for that was sent with `ignoreResult`: none will be stored. */
export class ResultIgnoredError extends SqsCeleryError {
  /** @param taskId id of the task */
  constructor(readonly taskId: string) {
    super(
      'SQS_CELERY_RESULT_IGNORED',
      `Task ${taskId} was sent with ignoreResult: no result will be stored. Send it with ignoreResult: false to wait for it.`,
    );
  }
}

/** The children of a task were asked for that has not ended: there may be more of them yet (Celery's `IncompleteStream`). */
export class IncompleteStream extends SqsCeleryError {
  /** @param taskId id of the task */
  constructor(readonly taskId: string) {
    super(
      'SQS_CELERY_INCOMPLETE_STREAM',
      `Task ${taskId} has not ended, and may have more children: wait for it, use collect(), or iterdeps({ intermediate: true }).`,
    );
  }
}

/** The application was closed while the result of a task was waited for. */
export class ResultsClosedError extends SqsCeleryError {
  /** @param taskId id of the task, which is not affected */
  constructor(readonly taskId: string) {
    super(
      'SQS_CELERY_RESULTS_CLOSED',
      `The application was closed before task ${taskId} had a result: it may still end, and can be looked up by its id.`,
    );
  }
}
