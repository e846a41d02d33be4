import type { AsyncResult } from './async-result.js';
import type { MemberResult } from './group-result.js';

/**
 * Looks whether what comes before a result has failed, as it will never have one then: Celery's `_maybe_reraise_parent_error`.
 * From the first task on, up to the one that has not ended: those behind it have not begun.
 *
 * @throws (rejects) the error of the first that has failed or was revoked
 */
export async function throwFailureOf(before: MemberResult): Promise<void> {
  for (const result of tasksUpTo(before)) {
    if (!(await result.ready())) return;
    await result.maybeThrow();
  }
}

/** The tasks that end before what follows a result begins, in this order, without those that store nothing. */
function* tasksUpTo(result: MemberResult): Generator<AsyncResult, void> {
  if (result.before) yield* tasksUpTo(result.before);
  if ('results' in result) for (const member of result.results) yield* tasksUpTo(member);
  else if (!result.ignored) yield result;
}
