import type { SignatureJson } from '../canvas/signature-json.js';
import { TaskPredicate } from './task-predicate.js';

/** Thrown by `TaskRequest.replace`: another signature runs in place of the task, under its id (Celery's `Task.replace`). */
export class Replaced extends TaskPredicate {
  override readonly name = 'Replaced';

  /** @param signature what runs instead */
  constructor(readonly signature: SignatureJson) {
    super('Replaced by new task');
  }
}
