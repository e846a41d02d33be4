import type { VirtualClock } from '#sqs-local';

/** Moves the clock for several who ask for it at the same time, one after the other. */
export class VirtualTime {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly clock: VirtualClock) {}

  /** @param ms milliseconds */
  advance(ms: number): Promise<void> {
    return this.#next(() => this.clock.advance(ms));
  }

  /**
   * Moves on, timer by timer, until `condition` holds.
   * @returns the milliseconds that passed
   * @throws (rejects) Error where it does not hold after `maxMs`
   */
  advanceUntil(condition: () => boolean, maxMs: number): Promise<number> {
    return this.#next(() => this.clock.advanceUntil(condition, maxMs));
  }

  #next<Result>(move: () => Promise<Result>): Promise<Result> {
    const moved = this.#last.then(move);
    // Who asked for it is told; the next one does not depend on it.
    this.#last = moved.catch(() => {});
    return moved;
  }
}
