import {
  Ignore,
  Reject,
  Replaced,
  Retry,
  WorkerLostError,
  decodeJson,
  encodeJson,
  type ChordAddition,
  type JsonTypes,
  type ResultTuple,
  type RetryOptions,
  type SignatureJson,
} from '#celery';
import { JudgedFailure, isExpected, type Outcome, type RegisteredTask, type TaskRequest } from '#worker';
import { errorOfThrown, thrownError, withStack, type ThrownError } from './thread-errors.js';

/** How a run ended in its thread. What depends on classes of errors was decided there. */
type ThreadOutcome =
  | { readonly kind: 'success'; readonly result: unknown }
  | { readonly kind: 'replaced'; readonly signature: SignatureJson }
  | { readonly kind: 'failure'; readonly error: ThrownError; readonly exhausted: boolean; readonly expected: boolean }
  | {
      readonly kind: 'retry';
      readonly options: RetryOptions;
      readonly cause?: ThrownError;
      readonly stack: string | null;
    }
  | { readonly kind: 'reject'; readonly reason: string; readonly requeue: boolean; readonly stack: string | null }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'notStarted'; readonly reason: string };

/** What crosses from a thread when a run has ended. */
interface ThreadEnd {
  readonly outcome: ThreadOutcome;
  /** Tasks that the run sent. */
  readonly children: readonly ResultTuple[];
  /** What it added to its chord. */
  readonly added: readonly ChordAddition[];
}

/** A run's end as text, in Celery's JSON; a result that has no form in it is a failure. */
export function encodeEnd(outcome: Outcome, task: RegisteredTask, request: TaskRequest, types?: JsonTypes): string {
  const { children, added } = request;
  const text = (end: ThreadOutcome): string => encodeJson({ outcome: end, children, added } satisfies ThreadEnd, types);
  try {
    return text(threadOutcome(outcome, task));
  } catch (error) {
    return text(threadOutcome({ kind: 'failure', error }, task));
  }
}

/** The thread has no application to run the task in. */
export function encodeNotStarted(reason: string): string {
  return encodeJson({ outcome: { kind: 'notStarted', reason }, children: [], added: [] } satisfies ThreadEnd);
}

function threadOutcome(outcome: Outcome, task: RegisteredTask): ThreadOutcome {
  switch (outcome.kind) {
    case 'success':
      return { kind: 'success', result: outcome.result };
    case 'replaced':
      return { kind: 'replaced', signature: outcome.signature };
    case 'retry':
      return threadRetry(outcome);
    case 'reject':
      return {
        kind: 'reject',
        reason: outcome.reason,
        requeue: outcome.requeue,
        stack: thrownError(outcome.error).traceback,
      };
    case 'ignore':
      return { kind: 'ignore' };
    case 'failure':
      return failure(outcome.error, outcome.exhausted === true, isExpected(outcome, task.options));
    default:
      return failure(new TypeError(`A thread cannot end a run as ${outcome.kind}`), false, false);
  }
}

function failure(error: unknown, exhausted: boolean, expected: boolean): ThreadOutcome {
  return { kind: 'failure', error: thrownError(error), exhausted, expected };
}

function threadRetry({ retry }: Outcome<'retry'>): ThreadOutcome {
  const { countdown, eta, args, kwargs, queue, headers, maxRetries, cause } = retry;
  return {
    kind: 'retry',
    options: {
      countdown,
      eta: eta instanceof Date ? eta.toISOString() : eta,
      args,
      kwargs,
      queue,
      headers,
      maxRetries,
    },
    stack: thrownError(retry).traceback,
    ...(cause !== undefined && { cause: thrownError(cause) }),
  };
}

/**
 * What a run's end comes to for the worker: what its task returned in the thread is returned here, and what it threw thrown.
 *
 * @param request learns of what the run sent and added
 */
export function resultOfEnd(text: string, request: TaskRequest, types?: JsonTypes): unknown {
  const { outcome, children, added } = decodeJson(text, types) as ThreadEnd;
  request.adopt(children, added);
  if (outcome.kind === 'success') return outcome.result;
  throw errorOfEnd(outcome);
}

function errorOfEnd(outcome: Exclude<ThreadOutcome, { kind: 'success' }>): Error {
  switch (outcome.kind) {
    case 'replaced':
      return new Replaced(outcome.signature);
    case 'failure':
      return new JudgedFailure({ ...outcome, error: errorOfThrown(outcome.error) });
    case 'retry':
      return retryOf(outcome);
    case 'reject':
      return withStack(new Reject({ reason: outcome.reason, requeue: outcome.requeue }), outcome.stack);
    case 'ignore':
      return new Ignore();
    case 'notStarted':
      return new WorkerLostError(`the application did not start in the thread: ${outcome.reason}`);
  }
}

function retryOf({ options, cause, stack }: Extract<ThreadOutcome, { kind: 'retry' }>): Retry {
  return withStack(new Retry({ ...options, ...(cause && { cause: errorOfThrown(cause) }) }), stack);
}
