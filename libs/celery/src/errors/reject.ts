import { kindOf } from './check.js';
import { TaskPredicate } from './task-predicate.js';

/** Celery's arguments of `Reject(reason, requeue)`. */
export interface RejectOptions {
  /** Shown in the log; an error becomes the `cause`. */
  readonly reason?: string | Error;
  /** true: the message becomes visible again; false (default): it goes to the dead-letter queue, or is deleted without one. */
  readonly requeue?: boolean;
}

/** Refuses the message (Celery's `Reject`). Has no effect on a message that was acknowledged early. */
export class Reject extends TaskPredicate {
  override readonly name = 'Reject';
  readonly reason: string | Error | undefined;
  readonly requeue: boolean;

  /** @throws TypeError where `requeue` is not a boolean */
  constructor({ reason, requeue = false }: RejectOptions = {}) {
    if (typeof requeue !== 'boolean') throw new TypeError(`Reject: requeue must be a boolean; got ${kindOf(requeue)}`);
    if (reason instanceof Error) super(reason.message, { cause: reason });
    else super(reason);
    this.reason = reason;
    this.requeue = requeue;
  }
}
