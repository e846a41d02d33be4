import { Retry, parseIsoDateTime, type Clock } from '#celery';
import type { ErrorClass, ErrorMatcher, ResolvedTaskOptions } from './task-options.js';

/** Whether `error` is of one of these classes. */
export function isOneOf(error: unknown, classes: readonly ErrorClass[]): boolean {
  return classes.some((errorClass) => error instanceof errorClass);
}

/**
 * Whether `autoretryFor` covers `error`.
 *
 * @throws whatever a predicate throws
 */
export function isRetriedAutomatically(
  error: unknown,
  { autoretryFor, dontAutoretryFor }: Pick<ResolvedTaskOptions, 'autoretryFor' | 'dontAutoretryFor'>,
): boolean {
  return matches(error, autoretryFor) && !matches(error, dontAutoretryFor);
}

function matches(error: unknown, matcher: ErrorMatcher): boolean {
  // A handler in plain JavaScript may answer anything: only true itself retries.
  return typeof matcher === 'function' ? matcher(error) === true : isOneOf(error, matcher);
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

/**
 * Celery's `get_exponential_backoff_interval`, called as its autoretry does: min(max, factor · 2^retries) in whole seconds, with
 * jitter a whole number from 0 to that, both included.
 */
function exponentialBackoff(options: ResolvedTaskOptions, retries: number, random: () => number): number {
  const factor = Math.trunc(Math.max(1, Number(options.retryBackoff)));
  // Python's numbers have no end: 2^retries is Infinity here from 1024 retries on, which the minimum takes back.
  const longest = Math.min(Math.trunc(options.retryBackoffMax), factor * 2 ** retries);
  return options.retryJitter ? Math.min(longest, Math.floor(random() * (longest + 1))) : longest;
}

/** Seconds until the attempt that a retry asks for; not whole ones where it gives a moment. */
export function retryDelaySeconds({ countdown, eta }: Retry, defaultRetryDelay: number, clock: Clock): number {
  if (countdown !== undefined) return Math.max(0, countdown);
  if (eta === undefined) return defaultRetryDelay;
  const due = eta instanceof Date ? eta.getTime() : (parseIsoDateTime(eta) ?? clock.now());
  return Math.max(0, (due - clock.now()) / 1000);
}
