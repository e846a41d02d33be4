import type { Clock } from '#celery';

/**
 * When messages that cannot run now should come back: one after the other, as far apart as they can be served. A crowd of them is
 * then received about once each, instead of all of them again and again.
 */
export class Horizon {
  #lastMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds until the next message should come back: `atLeastMs`, and `intervalMs` after the one before. */
  next(atLeastMs: number, intervalMs: number): number {
    const now = this.clock.monotonic();
    this.#lastMs = Math.max(now + atLeastMs, this.#lastMs + intervalMs);
    return this.#lastMs - now;
  }
}
