import {
  InvalidTaskError,
  MaxRetriesExceededError,
  NotRegistered,
  REVOKED,
  SoftTimeLimitExceeded,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
  errorOf,
  isExceptionInfo,
  type ExceptionInfo,
  type RemoteTaskError,
  type TaskMeta,
} from '#celery';

/**
 * The error that a result tells of: a class of ours where it is one of Celery's own exceptions, with the `RemoteTaskError` as
 * its `cause`, which holds the traceback; otherwise the `RemoteTaskError` itself.
 */
export function errorOfMeta({ status, result, traceback }: TaskMeta): Error {
  const info = isExceptionInfo(result) ? result : unknownError(status);
  const remote = errorOf(info, traceback);
  const known = CELERY_MODULES.has(info.excModule) ? makers.get(info.excType)?.(info.excMessage, remote) : undefined;
  return known ? withCause(known, remote) : remote;
}

/** What Celery raises for a state that says nothing of its reason. */
function unknownError(status: string): ExceptionInfo {
  return status === REVOKED
    ? { excType: 'TaskRevokedError', excMessage: ['revoked'], excModule: 'celery.exceptions' }
    : { excType: 'Exception', excMessage: [], excModule: 'builtins' };
}

const CELERY_MODULES: ReadonlySet<string> = new Set(['celery.exceptions', 'billiard.exceptions']);

type Maker = (args: readonly unknown[], remote: RemoteTaskError) => Error;

/** `Ignore`, `Reject` and `Retry` are left out: thrown on by a handler, they would steer its own task. */
const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['InvalidTaskError', (_args, { message }) => new InvalidTaskError(message)],
  ['MaxRetriesExceededError', (_args, { message }) => withMessage(new MaxRetriesExceededError('', ''), message)],
  ['NotRegistered', ([task], { message }) => withMessage(new NotRegistered(String(task)), message)],
  ['SoftTimeLimitExceeded', ([seconds]) => new SoftTimeLimitExceeded(Number(seconds))],
  ['TaskRevokedError', (_args, { message }) => new TaskRevokedError(message)],
  ['TimeLimitExceeded', ([seconds]) => new TimeLimitExceeded(Number(seconds))],
  ['WorkerLostError', (_args, { message }) => new WorkerLostError(message)],
]);

/** Ours speak of this worker, or of a task they are given. */
function withMessage(error: Error, message: string): Error {
  error.message = message;
  return error;
}

function withCause(error: Error, cause: Error): Error {
  return Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
}
