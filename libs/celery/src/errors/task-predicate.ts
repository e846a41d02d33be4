/**
 * What a handler throws to tell the worker what to do with its task (Celery's `TaskPredicate`): {@link Retry},
 * {@link Ignore} or {@link Reject}; `TaskRequest.replace` throws `Replaced`. Control flow, not failure: never logged as an error,
 * never offered to exception filters.
 */
export class TaskPredicate extends Error {}
