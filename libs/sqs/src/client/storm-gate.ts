import type { Clock } from '#celery/ports';

/** Failures in a row after which it is a storm; a single one passes unnoticed. */
const stormFailures = 2;
/** Milliseconds between two requests in a storm. */
const probeEveryMs = 1000;

/**
 * Lets one request a second through while all of them fail: the many that are repeated each on its own would be a storm of their
 * own making. What is held back fails at once, with what the last request failed with, and comes again as if it had been made.
 */
export class StormGate {
  #failures = 0;
  #openAt = 0;
  #reason: unknown;

  constructor(private readonly clock: Clock) {}

  /** Throws while no request may be made. */
  enter(): void {
    if (this.#failures < stormFailures) return;
    const now = this.clock.monotonic();
    // No longer than a pause, should the clock have been set back.
    if (now < this.#openAt && this.#openAt - now <= probeEveryMs) throw this.#reason;
    this.#openAt = now + probeEveryMs;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(reason: unknown): void {
    this.#failures++;
    this.#reason = reason;
    if (this.#failures === stormFailures) this.#openAt = this.clock.monotonic() + probeEveryMs;
  }
}
