/** How the wait grows from one failure to the next. */
export interface BackoffOptions {
  /** Milliseconds after the first failure. */
  readonly baseMs: number;
  /** Longest wait in milliseconds. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after the `failures`-th failure in a row (from 1): doubling, with up to half as much again of jitter,
 * so that many clients that failed together do not come back together and none comes back before `baseMs`.
 */
export function backoffMs(failures: number, options: BackoffOptions, random: () => number = Math.random): number {
  const doubled = options.baseMs * 2 ** Math.min(failures - 1, 30);
  return Math.round(Math.min(doubled, options.maxMs) * (1 + random() / 2));
}
