import { MaxRetriesExceededError, Retry, TaskPredicate, UnrecoverableError } from '#celery';
import { isRetriedAutomatically } from './retry-policy.js';
import type { ResolvedTaskOptions } from './task-options.js';
import type { TaskRequest } from './task-request.js';

/** Why a run that threw has failed for good. */
export interface Failure {
  readonly error: unknown;
}

type Attempt = Pick<TaskRequest, 'id' | 'task' | 'retries' | 'maxRetries'>;

/**
 * The failure behind what a run threw: what exception filters may see. Undefined where it is none: control flow, and errors
 * that are retried.
 */
export function failureOf(thrown: unknown, attempt: Attempt, options: ResolvedTaskOptions): Failure | undefined {
  if (thrown instanceof Retry) return exhaustedRetry(thrown, attempt);
  if (thrown instanceof TaskPredicate) return undefined;
  if (thrown instanceof UnrecoverableError) return { error: thrown.cause ?? thrown };
  const isRetried = isRetriedAutomatically(thrown, options) && !isExhausted(attempt, attempt.maxRetries);
  return isRetried ? undefined : { error: thrown };
}

function exhaustedRetry({ maxRetries, cause }: Retry, attempt: Attempt): Failure | undefined {
  if (!isExhausted(attempt, maxRetries === undefined ? attempt.maxRetries : maxRetries)) return undefined;
  return { error: cause ?? new MaxRetriesExceededError(attempt.task, attempt.id) };
}

function isExhausted({ retries }: Attempt, maxRetries: number | null): boolean {
  return maxRetries !== null && retries >= maxRetries;
}
