import type { ExceptionInfo } from '../ports/result-store.js';
import { saferepr } from '../saferepr/index.js';
import { encodeJson, type JsonTypes } from '../serialization/index.js';

/** The states whose result is an exception: Python cannot read anything else there, nor store over it. */
export const EXCEPTION_STATES: ReadonlySet<string> = new Set(['RETRY', 'FAILURE', 'REVOKED']);

/** An exception as it is stored; keys in Celery's order. */
export interface ExceptionRecord {
  readonly exc_type: string;
  readonly exc_message: readonly unknown[];
  readonly exc_module: string;
}

/** Whether a value has the form of an {@link ExceptionInfo}. */
export function isExceptionInfo(value: unknown): value is ExceptionInfo {
  return (
    isRecord(value) &&
    typeof value['excType'] === 'string' &&
    typeof value['excModule'] === 'string' &&
    Array.isArray(value['excMessage'])
  );
}

/** What is stored for an exception. */
export function writeException(info: ExceptionInfo, types?: JsonTypes): ExceptionRecord {
  const { excType: exc_type, excMessage: exc_message, excModule: exc_module } = storableException(info, types);
  return { exc_type, exc_message, exc_module };
}

/** The exception with arguments that can be stored: as in Celery, one that has no JSON form is replaced by its `repr`. */
export function storableException(info: ExceptionInfo, types?: JsonTypes): ExceptionInfo {
  return { ...info, excMessage: info.excMessage.map((argument) => serializable(argument, types)) };
}

/**
 * Reads a stored exception: Celery before 4.2 wrote no module and the message as text; other programs write what they like,
 * which becomes the argument of an `Exception`.
 */
export function readException(stored: unknown): ExceptionInfo | null {
  if (stored === null || stored === undefined) return null;
  if (!isRecord(stored) || typeof stored['exc_type'] !== 'string') return exception([stored]);
  const { exc_type: excType, exc_message: message, exc_module: module } = stored;
  return {
    excType,
    excMessage: readArguments(message),
    excModule: typeof module === 'string' ? module : UNKNOWN_MODULE,
  };
}

/** Where Python makes the class when none was stored. */
const UNKNOWN_MODULE = 'celery.backends.base';

function readArguments(message: unknown): readonly unknown[] {
  if (Array.isArray(message)) return message;
  return message === undefined || message === null ? [] : [message];
}

function exception(excMessage: readonly unknown[]): ExceptionInfo {
  return { excType: 'Exception', excMessage, excModule: 'builtins' };
}

function serializable(argument: unknown, types?: JsonTypes): unknown {
  try {
    encodeJson(argument, types);
    return argument;
  } catch {
    return saferepr(argument);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
