import type { ExceptionInfo } from '../ports/result-store.js';
import { builtinClasses, celeryExceptionOf } from './python-class.js';
import { errorMessage, errorName, wellFormed } from './read-error.js';
import { RemoteTaskError } from './remote-task-error.js';

/** The text of an error that says more than its `message`; undefined: its message will do. */
export type MessageOf = (error: Error) => string | undefined;

/**
 * The module of classes that Python does not know. No Python module can have this name: Python then makes a class of the
 * error's name, a subclass of `Exception`. In a module that exists, the name might belong to something else there, which
 * Python answers with a `SecurityError` for whoever reads the result, or (`WorkerShutdown`) obeys.
 */
export const FOREIGN_MODULE = 'nestjs-sqs-celery';

/**
 * What Celery stores for a thrown value, so that Python raises a fitting exception when it reads the result:
 *
 * | thrown | Python raises |
 * |---|---|
 * | an error of Celery's own (`TaskRevokedError`, `TimeLimitExceeded`, …) | the same class, with its arguments |
 * | an error that came from another worker (`RemoteTaskError`) | what that worker raised |
 * | `Error`, `TypeError`, `RangeError`, … | `Exception`, `TypeError`, `ValueError`, … |
 * | any other error | a class of the same name, made on the spot |
 * | a value that is no error | `Exception` with the value as its argument |
 *
 * The message is the only argument, if there is one. Never throws.
 *
 * @param messageOf the text of an error that says more than its `message`. Default: the message
 */
export function exceptionInfoOf(thrown: unknown, messageOf?: MessageOf): ExceptionInfo {
  if (!(thrown instanceof Error)) return builtin('Exception', thrown === undefined ? [] : [thrown]);
  if (thrown instanceof RemoteTaskError) return thrown.info;
  const known = celeryExceptionOf(thrown);
  if (known) return known;
  const name = errorName(thrown);
  const builtinClass = builtinClasses.get(name);
  const excMessage = argumentsOf(thrown, messageOf);
  return builtinClass ? builtin(builtinClass, excMessage) : { excType: name, excMessage, excModule: FOREIGN_MODULE };
}

function argumentsOf(error: Error, messageOf?: MessageOf): readonly unknown[] {
  const message = fullMessage(error, messageOf) ?? errorMessage(error);
  if (typeof message === 'string') return message === '' ? [] : [wellFormed(message)];
  return message === undefined ? [] : [message];
}

/** Reads what is the user's: that must not break the report of what was thrown. */
function fullMessage(error: Error, messageOf?: MessageOf): string | undefined {
  try {
    return messageOf?.(error);
  } catch {
    return undefined;
  }
}

function builtin(excType: string, excMessage: readonly unknown[]): ExceptionInfo {
  return { excType, excMessage, excModule: 'builtins' };
}
