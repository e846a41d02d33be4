import {
  Retry,
  TaskRevokedError,
  decodeJson,
  encodeJson,
  errorOf,
  exceptionInfoOf,
  storableException,
  tracebackOf,
  type ExceptionInfo,
  type JsonTypes,
  type MessageOf,
  type RemoteTaskError,
  type RetryOptions,
} from '#celery';
import type { Decided, Outcome } from '../outcome.js';
import { isUnsendable } from '../unsendable.js';
import type { RecordedKind } from './claim.js';

/** What is recorded of an outcome: enough to carry it out again. */
type Decision =
  | Outcome<'success'>
  | Outcome<'replaced'>
  | ({ readonly kind: 'failure' } & RecordedError)
  | ({ readonly kind: 'retry'; readonly dueMs: number; readonly change: RetryChange } & RecordedError)
  | { readonly kind: 'ignore' }
  | ({ readonly kind: 'reject'; readonly requeue: boolean; readonly reason: string } & RecordedError)
  | { readonly kind: 'revoked'; readonly reason: string; readonly terminated: boolean };

interface RecordedError {
  readonly error: ExceptionInfo;
  /** Text of its stack: stored again with the result, and shown in the log. */
  readonly traceback?: string | null;
}

type RetryChange = Pick<RetryOptions, 'args' | 'kwargs' | 'queue' | 'headers' | 'maxRetries'>;

export interface DecisionContext {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Own types in results and arguments. */
  readonly jsonTypes?: JsonTypes | undefined;
  /** What is recorded in place of an error's message. Default: the message. */
  readonly messageOf?: MessageOf | undefined;
}

/** An outcome as text, typed values as in messages. */
export function encodeDecision(outcome: Outcome<RecordedKind>, context: DecisionContext): string {
  const { jsonTypes } = context;
  const decision = decisionOf(outcome, context);
  try {
    return encodeJson(decision, jsonTypes);
  } catch (error) {
    if (!isUnsendable(error) || decision.kind !== 'success') throw error;
    // Whoever wanted the result has it already, or nobody did.
    return encodeJson({ ...decision, result: null }, jsonTypes);
  }
}

/** The outcome behind a recorded text. */
export function decodeDecision(text: string, { now, jsonTypes }: DecisionContext): Decided {
  const decision = decodeJson(text, jsonTypes) as Decision;
  switch (decision.kind) {
    case 'success':
      return { ...decision, runtimeSeconds: Number(decision.runtimeSeconds) };
    case 'replaced':
      return decision;
    case 'failure':
      return { kind: 'failure', error: thrownError(decision) };
    case 'retry': {
      const error = thrownError(decision);
      const retry = new Retry({ ...decision.change, cause: error });
      return { kind: 'retry', retry, error, delaySeconds: Math.max(0, (Number(decision.dueMs) - now) / 1000) };
    }
    case 'reject': {
      const { requeue, reason } = decision;
      return { kind: 'reject', requeue, reason, error: thrownError(decision) };
    }
    case 'revoked':
      return { kind: 'revoked', terminated: decision.terminated, error: new TaskRevokedError(decision.reason) };
    case 'ignore':
      return { kind: 'ignore' };
  }
}

/** What a handler returns nothing for has the result null. */
function withResult(outcome: Outcome<'success'>): Outcome<'success'> {
  return { ...outcome, result: outcome.result ?? null };
}

function decisionOf(outcome: Outcome<RecordedKind>, context: DecisionContext): Decision {
  switch (outcome.kind) {
    case 'success':
      return withResult(outcome);
    case 'replaced':
      return outcome;
    case 'failure':
    case 'timeLimit':
    case 'tooManyDeliveries':
      return { kind: 'failure', ...recordedError(outcome.error, context) };
    case 'retry':
      return {
        kind: 'retry',
        ...recordedError(outcome.error, context),
        dueMs: context.now + Math.round(outcome.delaySeconds * 1000),
        change: changeOf(outcome.retry),
      };
    case 'ignore':
      return { kind: 'ignore' };
    case 'reject':
      return {
        kind: 'reject',
        requeue: outcome.requeue,
        reason: outcome.reason,
        ...recordedError(outcome.error, context),
      };
    case 'revoked':
      return { kind: 'revoked', reason: outcome.error.reason, terminated: outcome.terminated };
  }
}

/** Whatever was thrown can be recorded: a failure that could not be would run again and again. */
function recordedError(error: unknown, { jsonTypes, messageOf }: DecisionContext): RecordedError {
  return { error: storableException(exceptionInfoOf(error, messageOf), jsonTypes), traceback: tracebackOf(error) };
}

/** The error with the stack of where it was thrown, not of where its record was read. */
function thrownError({ error, traceback }: RecordedError): RemoteTaskError {
  const thrown = errorOf(error, traceback);
  if (typeof traceback === 'string') thrown.stack = traceback;
  return thrown;
}

/** What the next attempt changes; keys without a value are left out. */
function changeOf({ args, kwargs, queue, headers, maxRetries }: Retry): RetryChange {
  const change = { args, kwargs, queue, headers, maxRetries };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
