import {
  RemoteTaskError,
  SoftTimeLimitExceeded,
  SqsCeleryError,
  encodeJson,
  exceptionInfoOf,
  saferepr,
  tracebackOf,
  type ExceptionInfo,
} from '#celery';
import { LeaseLostError } from '#sqs';
import { httpMessageOf } from '../tasks/http-message.js';
import type { AbortReason, ErrorText } from './thread-messages.js';

/** What a thread says of what a task threw there: all that is stored and logged of it. Classes do not cross. */
export interface ThrownError {
  readonly info: ExceptionInfo;
  readonly traceback: string | null;
}

export function thrownError(thrown: unknown): ThrownError {
  return { info: withJson(exceptionInfoOf(thrown, httpMessageOf)), traceback: tracebackOf(thrown) };
}

/** The error for the worker: it is stored as the one in the thread would be. */
export function errorOfThrown({ info, traceback }: ThrownError): RemoteTaskError {
  return withStack(new RemoteTaskError(info, traceback), traceback);
}

/** Shows where in the thread it was thrown. */
export function withStack<E extends Error>(error: E, stack: string | null): E {
  if (stack !== null) error.stack = stack;
  return error;
}

/** What was thrown may have no form in JSON. */
function withJson(info: ExceptionInfo): ExceptionInfo {
  try {
    encodeJson(info.excMessage);
    return info;
  } catch {
    return { ...info, excMessage: info.excMessage.map((argument) => saferepr(argument)) };
  }
}

export function abortReason(reason: unknown): AbortReason {
  if (reason instanceof SoftTimeLimitExceeded) return { kind: 'softTimeLimit', seconds: reason.seconds };
  if (reason instanceof LeaseLostError) {
    const { queue, messageId, reason: why } = reason;
    return { kind: 'leaseLost', queue, messageId, reason: why };
  }
  return { kind: 'other', error: errorText(reason) };
}

/** The reason of the task's `AbortSignal` in its thread. */
export function errorOfReason(reason: AbortReason): Error {
  switch (reason.kind) {
    case 'softTimeLimit':
      return new SoftTimeLimitExceeded(reason.seconds);
    case 'leaseLost':
      return new LeaseLostError(reason.queue, reason.messageId, reason.reason as LeaseLostError['reason']);
    case 'other':
      return errorOfText(reason.error);
  }
}

export function errorText(error: unknown): ErrorText {
  if (!(error instanceof Error)) return { name: 'Error', message: saferepr(error) };
  const { name, message } = error;
  return { name, message, ...(error instanceof SqsCeleryError && { code: error.code }) };
}

export function errorOfText({ name, message, code }: ErrorText): Error {
  const error = code === undefined ? new Error(message) : new SqsCeleryError(code, message);
  error.name = name;
  return error;
}
