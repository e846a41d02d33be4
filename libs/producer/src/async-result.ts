/** A task that was sent: Celery's `AsyncResult`. */
export class AsyncResult<Result = unknown> {
  /** Keeps the type of the result with the handle; never set. */
  declare protected readonly result: Result;

  constructor(
    /** Task id. */
    readonly id: string,
    /** Name of the task. */
    readonly task: string,
  ) {}
}
