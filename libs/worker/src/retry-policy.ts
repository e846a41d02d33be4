import { Retry } from '#celery';
import type { ErrorClass, ResolvedTaskOptions } from './task-options.js';

/** Whether `error` is of one of these classes. */
export function isOneOf(error: unknown, classes: readonly ErrorClass[]): boolean {
  return classes.some((errorClass) => error instanceof errorClass);
}

/** Whether `autoretryFor` covers `error`. */
export function isRetriedAutomatically(error: unknown, options: ResolvedTaskOptions): boolean {
  return isOneOf(error, options.autoretryFor) && !isOneOf(error, options.dontAutoretryFor);
}

/** The retry that follows an error which `autoretryFor` covers. */
export function automaticRetry(
  error: unknown,
  options: ResolvedTaskOptions,
  retries: number,
  random: () => number = Math.random,
): Retry {
  if (options.retryBackoff === false || options.retryBackoff === 0) return new Retry({ cause: error });
  return new Retry({ cause: error, countdown: exponentialBackoff(options, retries, random) });
}

/** Celery's `get_exponential_backoff_interval`: min(max, factor · 2^retries), with jitter a whole number from 0 to that. */
function exponentialBackoff(options: ResolvedTaskOptions, retries: number, random: () => number): number {
  const factor = Math.trunc(Math.max(1, Number(options.retryBackoff)));
  const longest = Math.min(options.retryBackoffMax, factor * 2 ** retries);
  return options.retryJitter ? Math.floor(random() * (longest + 1)) : longest;
}
