import { MaxRetriesExceededError, NotRegistered, Retry } from '#celery';
import type { TaskRequest } from '../task-request.js';
import type { BuiltInTask } from './built-in-task.js';

/** Finds tasks by their names. */
export interface TaskFinder {
  get(name: string): BuiltInTask | undefined;
}

/**
 * Calls a task as a function within the run of another: no message, no result and no retries of its own. Celery's `task(*args)`.
 * `Ignore` and `Reject` are those of the run that calls.
 *
 * @throws (rejects) NotRegistered, the reason why the run is to end, and what the task throws; of a `Retry` its cause
 */
export async function callTask(
  tasks: TaskFinder,
  name: string,
  args: readonly unknown[],
  caller: TaskRequest,
): Promise<unknown> {
  const task = tasks.get(name);
  if (!task) throw new NotRegistered(name);
  // A handler need not look at its signal: the next one must not begin once the run is to end.
  caller.signal.throwIfAborted();
  const request = caller.calling(name, args);
  try {
    return await request.run(() => task.run(request));
  } catch (error) {
    throw error instanceof Retry ? (error.cause ?? new MaxRetriesExceededError(name, caller.id)) : error;
  }
}
