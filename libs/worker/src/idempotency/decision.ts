import {
  Retry,
  TaskRevokedError,
  decodeJson,
  encodeJson,
  errorOf,
  exceptionInfoOf,
  type ExceptionInfo,
  type JsonTypes,
  type RetryOptions,
} from '#celery';
import type { Decided, Outcome } from '../outcome.js';
import { isUnsendable } from '../unsendable.js';
import type { RecordedKind } from './claim.js';

/** What is recorded of an outcome: enough to carry it out again. */
type Decision =
  | { readonly kind: 'success'; readonly result: unknown; readonly runtimeSeconds: number }
  | { readonly kind: 'failure'; readonly error: ExceptionInfo }
  | {
      readonly kind: 'retry';
      readonly error: ExceptionInfo;
      readonly dueMs: number;
      readonly change: RetryChange;
    }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'reject'; readonly requeue: boolean; readonly reason: string; readonly error: ExceptionInfo }
  | { readonly kind: 'revoked'; readonly reason: string; readonly terminated: boolean };

type RetryChange = Pick<RetryOptions, 'args' | 'kwargs' | 'queue' | 'headers' | 'maxRetries'>;

export interface DecisionContext {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Own types in results and arguments. */
  readonly jsonTypes?: JsonTypes | undefined;
}

/** An outcome as text, typed values as in messages. */
export function encodeDecision(outcome: Outcome<RecordedKind>, { now, jsonTypes }: DecisionContext): string {
  const decision = decisionOf(outcome, now);
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
    case 'failure':
      return { kind: 'failure', error: errorOf(decision.error) };
    case 'retry': {
      const error = errorOf(decision.error);
      const retry = new Retry({ ...decision.change, cause: error });
      return { kind: 'retry', retry, error, delaySeconds: Math.max(0, (Number(decision.dueMs) - now) / 1000) };
    }
    case 'reject':
      return { ...decision, error: errorOf(decision.error) };
    case 'revoked':
      return { kind: 'revoked', terminated: decision.terminated, error: new TaskRevokedError(decision.reason) };
    case 'ignore':
      return { kind: 'ignore' };
  }
}

function decisionOf(outcome: Outcome<RecordedKind>, now: number): Decision {
  switch (outcome.kind) {
    case 'success':
      return { kind: 'success', result: outcome.result ?? null, runtimeSeconds: outcome.runtimeSeconds };
    case 'failure':
    case 'timeLimit':
    case 'tooManyDeliveries':
      return { kind: 'failure', error: exceptionInfoOf(outcome.error) };
    case 'retry':
      return {
        kind: 'retry',
        error: exceptionInfoOf(outcome.error),
        dueMs: now + Math.round(outcome.delaySeconds * 1000),
        change: changeOf(outcome.retry),
      };
    case 'ignore':
      return { kind: 'ignore' };
    case 'reject':
      return {
        kind: 'reject',
        requeue: outcome.requeue,
        reason: outcome.reason,
        error: exceptionInfoOf(outcome.error),
      };
    case 'revoked':
      return { kind: 'revoked', reason: outcome.error.reason, terminated: outcome.terminated };
  }
}

/** What the next attempt changes; keys without a value are left out. */
function changeOf({ args, kwargs, queue, headers, maxRetries }: Retry): RetryChange {
  const change = { args, kwargs, queue, headers, maxRetries };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
