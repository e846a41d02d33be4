import { SqsCeleryError } from '#celery';

/** Another delivery has claimed the attempt since: nothing of this one counts any more. */
export class ClaimLostError extends SqsCeleryError {
  /**
   * @param task name of the task
   * @param id id of the task
   */
  constructor(task: string, id: string) {
    super(
      'SQS_CELERY_CLAIM_LOST',
      `Task ${task}[${id}] was claimed by another delivery while it ran: the idempotency store could not be reached in time, or the event loop was blocked for longer than a claim holds`,
    );
  }
}
