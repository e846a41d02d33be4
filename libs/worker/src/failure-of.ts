import { MaxRetriesExceededError, Retry, TaskPredicate, UnrecoverableError } from '#celery';
import { isOneOf, isRetriedAutomatically } from './retry-policy.js';
import type { ResolvedTaskOptions } from './task-options.js';
import type { TaskRequest } from './task-request.js';

/** Why a run that threw has failed for good. */
export interface Failure {
  readonly error: unknown;
  /** Whether it would have been retried, had the task retries left: what `onExhausted` is told. */
  readonly exhausted: boolean;
  /** Whether the error is one of the task's `throws`, where that was decided already. */
  readonly expected?: boolean;
}

/** A failure that was judged where it happened: in another thread, which knows the classes of its errors. */
export class JudgedFailure extends UnrecoverableError {
  constructor(readonly failure: Failure) {
    super('The task failed in its thread', { cause: failure.error });
  }
}

/** What an exception filter made of a failure: a failure too, and for good. */
export class ReplacedFailure extends UnrecoverableError {
  /**
   * @param cause what the filter threw
   * @param exhausted what is true of the failure in its place
   */
  constructor(
    cause: unknown,
    readonly exhausted: boolean,
  ) {
    super('An exception filter replaced the failure', { cause });
  }
}

type Attempt = Pick<TaskRequest, 'id' | 'task' | 'retries' | 'maxRetries'>;

/**
 * The failure behind what a run threw: what exception filters may see. Undefined where it is none: control flow, and errors
 * that are retried.
 */
export function failureOf(thrown: unknown, attempt: Attempt, options: ResolvedTaskOptions): Failure | undefined {
  if (thrown instanceof Retry) return exhaustedRetry(thrown, attempt);
  if (thrown instanceof TaskPredicate) return undefined;
  if (thrown instanceof ReplacedFailure) return { error: thrown.cause, exhausted: thrown.exhausted };
  if (thrown instanceof JudgedFailure) return thrown.failure;
  if (thrown instanceof UnrecoverableError) return { error: thrown.cause ?? thrown, exhausted: false };
  return failureOfError(thrown, attempt, options);
}

/** Whether a failure is one of those that are expected of the task. */
export function isExpected(
  { error, expected }: Pick<Failure, 'error' | 'expected'>,
  { throws }: Pick<ResolvedTaskOptions, 'throws'>,
): boolean {
  return expected ?? isOneOf(error, throws);
}

/** A predicate that throws says nothing about the error: it is not retried, and neither of the two is lost. */
function failureOfError(error: unknown, attempt: Attempt, options: ResolvedTaskOptions): Failure | undefined {
  try {
    if (!isRetriedAutomatically(error, options)) return { error, exhausted: false };
  } catch (predicateError) {
    const message = `autoretryFor or dontAutoretryFor of task '${attempt.task}' threw while it was asked about an error`;
    return { error: new AggregateError([error, predicateError], message, { cause: error }), exhausted: false };
  }
  return isExhausted(attempt, attempt.maxRetries) ? { error, exhausted: true } : undefined;
}

function exhaustedRetry({ maxRetries, cause }: Retry, attempt: Attempt): Failure | undefined {
  if (!isExhausted(attempt, maxRetries === undefined ? attempt.maxRetries : maxRetries)) return undefined;
  return { error: cause ?? new MaxRetriesExceededError(attempt.task, attempt.id), exhausted: true };
}

function isExhausted({ retries }: Attempt, maxRetries: number | null): boolean {
  return maxRetries !== null && retries >= maxRetries;
}
