/** A pending call of a {@link Clock}. */
export interface Timer {
  /** Drops the call; harmless when it has happened already. */
  cancel(): void;
}

/**
 * The only source of time of every loop. A test gives a clock it turns by hand, so that hours of leases, delays and
 * retries pass in a second.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch: for what other machines see (`eta`, `expires`, `date_done`). */
  now(): number;
  /** Milliseconds that never run backwards: for measuring how long something took and when a lease ends. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs` milliseconds. */
  setTimeout(callback: () => void, delayMs: number): Timer;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs` milliseconds, or as soon as `signal` is aborted; never rejects and leaves no timer behind. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, delayMs);
    signal?.addEventListener('abort', end, { once: true });
  });
}
