import { MaxRetriesExceededError, Retry, TaskPredicate, UnrecoverableError } from '#celery';
import type { ErrorClass, ResolvedTaskOptions, TaskRequest } from '#worker';

/** Why a run that threw has failed for good. */
export interface Failure {
  readonly error: unknown;
}

type Attempt = Pick<TaskRequest, 'id' | 'task' | 'retries' | 'maxRetries'>;

/**
 * The failure behind what a run threw: what exception filters may see. Undefined where the worker will not call it a failure:
 * control flow, and errors that are retried.
 */
export function failureOf(thrown: unknown, attempt: Attempt, options: ResolvedTaskOptions): Failure | undefined {
  if (thrown instanceof Retry) return exhaustedRetry(thrown, attempt);
  if (thrown instanceof TaskPredicate) return undefined;
  if (thrown instanceof UnrecoverableError) return { error: thrown.cause ?? thrown };
  const isRetried = isOneOf(thrown, options.autoretryFor) && !isOneOf(thrown, options.dontAutoretryFor);
  return isRetried && !isExhausted(attempt, attempt.maxRetries) ? undefined : { error: thrown };
}

function exhaustedRetry({ maxRetries, cause }: Retry, attempt: Attempt): Failure | undefined {
  if (!isExhausted(attempt, maxRetries === undefined ? attempt.maxRetries : maxRetries)) return undefined;
  return { error: cause ?? new MaxRetriesExceededError(attempt.task, attempt.id) };
}

function isExhausted({ retries }: Attempt, maxRetries: number | null): boolean {
  return maxRetries !== null && retries >= maxRetries;
}

function isOneOf(error: unknown, classes: readonly ErrorClass[]): boolean {
  return classes.some((errorClass) => error instanceof errorClass);
}
