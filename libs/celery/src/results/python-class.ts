import {
  ContentDisallowed,
  DecodeError,
  EncodeError,
  Ignore,
  InvalidTaskError,
  MaxRetriesExceededError,
  NotRegistered,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  TaskRevokedError,
  TimeLimitExceeded,
  TimeoutError,
  WorkerLostError,
} from '../errors/index.js';
import type { ExceptionInfo } from '../ports/result-store.js';

const CELERY = 'celery.exceptions';
const KOMBU = 'kombu.exceptions';
const BILLIARD = 'billiard.exceptions';

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;
type ToInfo = (error: Error) => ExceptionInfo | undefined;

/** One of Celery's exceptions. Python builds it anew from its arguments, so they are the ones its constructor takes. */
function celeryClass<E extends Error>(
  excModule: string,
  excType: string,
  type: ErrorClass<E>,
  args: (error: E) => readonly unknown[] = ({ message }) => [message],
): ToInfo {
  // Our subclasses (`NestingTooDeepError`) have no counterpart in Python: they are the class they extend. The name is given,
  // not read from the class: what goes on the wire must survive a minifier.
  return (error) => (error instanceof type ? { excType, excMessage: args(error), excModule } : undefined);
}

const celeryClasses: readonly ToInfo[] = [
  celeryClass(CELERY, 'InvalidTaskError', InvalidTaskError),
  celeryClass(CELERY, 'MaxRetriesExceededError', MaxRetriesExceededError),
  celeryClass(CELERY, 'NotRegistered', NotRegistered, ({ task }) => [task]),
  celeryClass(CELERY, 'TaskRevokedError', TaskRevokedError, ({ reason }) => [reason]),
  celeryClass(CELERY, 'TimeoutError', TimeoutError),
  celeryClass(CELERY, 'Ignore', Ignore),
  celeryClass(CELERY, 'Reject', Reject, ({ message, requeue }) => [message, requeue]),
  celeryClass(CELERY, 'Retry', Retry),
  celeryClass(BILLIARD, 'WorkerLostError', WorkerLostError),
  celeryClass(BILLIARD, 'TimeLimitExceeded', TimeLimitExceeded, ({ seconds }) => [seconds]),
  celeryClass(BILLIARD, 'SoftTimeLimitExceeded', SoftTimeLimitExceeded, ({ seconds }) => [seconds]),
  celeryClass(KOMBU, 'EncodeError', EncodeError),
  celeryClass(KOMBU, 'DecodeError', DecodeError),
  celeryClass(KOMBU, 'ContentDisallowed', ContentDisallowed),
];

/** The exception of Celery, kombu or billiard that an error of ours stands for. */
export function celeryExceptionOf(error: Error): ExceptionInfo | undefined {
  for (const toInfo of celeryClasses) {
    const info = toInfo(error);
    if (info) return info;
  }
  return undefined;
}

/**
 * Python's class for an error of the language, by its name. `AggregateError` is not among them: Python's `ExceptionGroup`
 * cannot be made of a message alone.
 */
export const builtinClasses: ReadonlyMap<string, string> = new Map([
  ['Error', 'Exception'],
  ['EvalError', 'Exception'],
  ['TypeError', 'TypeError'],
  ['RangeError', 'ValueError'],
  ['SyntaxError', 'ValueError'],
  ['URIError', 'ValueError'],
  ['ReferenceError', 'NameError'],
  ['TimeoutError', 'TimeoutError'],
]);
