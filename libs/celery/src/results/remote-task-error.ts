import { SqsCeleryError } from '../errors/sqs-celery-error.js';
import type { ExceptionInfo } from '../ports/result-store.js';
import { saferepr } from '../saferepr/index.js';

/** A task failed in another worker, or in another language: what its result says of it. Celery raises the class itself. */
export class RemoteTaskError extends SqsCeleryError {
  /** The exception as it is stored: class, module, arguments. */
  readonly info: ExceptionInfo;
  /** Text of the stack in the worker that ran the task. */
  readonly remoteTraceback: string | null;

  constructor(info: ExceptionInfo, remoteTraceback: string | null = null) {
    super('SQS_CELERY_REMOTE_TASK', messageOf(info.excMessage));
    this.name = info.excType;
    this.info = info;
    this.remoteTraceback = remoteTraceback;
  }
}

/**
 * The error to throw where the result of a task is awaited: a {@link RemoteTaskError} whose `name` and `message` are those of
 * the exception in the other worker.
 */
export function errorOf(info: ExceptionInfo, traceback: string | null = null): RemoteTaskError {
  return new RemoteTaskError(info, traceback);
}

/** Python's `str(exception)`. */
function messageOf(args: readonly unknown[]): string {
  if (args.length === 0) return '';
  const [only] = args;
  if (args.length > 1) return saferepr(args, { tuple: true });
  return typeof only === 'string' ? only : saferepr(only);
}
