import type { Clock, Timer } from '#celery/ports';

/**
 * Knows when the event loop last turned. While a handler blocks the loop, answers of polls wait unread in their sockets and
 * the leases of their messages run: how long, only the turns before can tell.
 */
export class LoopWatch {
  #previous: number;
  #last: number;
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly onTurn: () => void = () => undefined,
  ) {
    this.#last = clock.monotonic();
    this.#previous = this.#last;
  }

  start(): void {
    if (this.#timer) return;
    this.#last = this.clock.monotonic();
    this.#previous = this.#last;
    this.#tick();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * A turn after which everything read now can have arrived at the earliest. Not the last turn: after a block Node runs
   * the timers, this one too, before it reads the sockets.
   */
  turnBefore(): number {
    return this.#previous;
  }

  /** Milliseconds by which the loop came late to its last turn, or is late already for the next one. */
  get lagMs(): number {
    if (!this.#timer) return 0;
    const latest = Math.max(this.#last - this.#previous, this.clock.monotonic() - this.#last);
    return Math.max(0, latest - this.intervalMs);
  }

  #tick(): void {
    this.#timer = this.clock.setTimeout(() => {
      this.#previous = this.#last;
      this.#last = this.clock.monotonic();
      this.onTurn();
      this.#tick();
    }, this.intervalMs);
  }
}
