import { TaskPredicate } from './task-predicate.js';

/** Ends the task without storing a result (Celery's `Ignore`); the message is deleted. */
export class Ignore extends TaskPredicate {
  override readonly name = 'Ignore';

  /** @param reason shown in the log */
  constructor(reason?: string) {
    super(reason);
  }
}
