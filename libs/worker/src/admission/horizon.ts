import { MAX_DELAY_SECONDS, type Clock } from '#celery';

/**
 * When messages that cannot run now should come back: as far apart as they can be served. A crowd of them is then received about
 * once each, instead of all of them again and again. What counts is who is out of sight now: a guess that was wrong, or a long wait
 * of others, delays nobody who comes later. Nobody waits longer for the sake of others than SQS delays a new message, as workers
 * may be added meanwhile.
 */
export class Horizon {
  /** How many come back, by the second. */
  readonly #comingBack = new Map<number, number>();
  #second = -Infinity;

  constructor(private readonly clock: Clock) {}

  /**
   * Whole seconds until the next message should come back.
   *
   * @param earliestMs it has nothing to do here before
   * @param intervalMs between two that can be served
   * @param busyMs until the first that comes back can be served
   */
  next(earliestMs: number, intervalMs: number, busyMs = earliestMs): number {
    const now = this.clock.monotonic();
    this.#forgetUntil(Math.floor(now / 1000));
    const earliest = Math.ceil(earliestMs / 1000);
    if (earliest > MAX_DELAY_SECONDS) return earliest;
    const seconds = this.#firstWithRoom(earliest, intervalMs, busyMs);
    const due = this.#second + seconds;
    this.#comingBack.set(due, this.#at(due) + 1);
    return seconds;
  }

  #firstWithRoom(earliest: number, intervalMs: number, busyMs: number): number {
    let before = 0;
    for (let seconds = 0; seconds < MAX_DELAY_SECONDS; seconds += 1) {
      before += this.#at(this.#second + seconds);
      if (seconds >= earliest && before * intervalMs <= seconds * 1000 - busyMs) return seconds;
    }
    return MAX_DELAY_SECONDS;
  }

  #at(second: number): number {
    return this.#comingBack.get(second) ?? 0;
  }

  /** Those of earlier seconds are back. */
  #forgetUntil(second: number): void {
    if (second === this.#second) return;
    this.#second = second;
    for (const earlier of this.#comingBack.keys()) if (earlier < second) this.#comingBack.delete(earlier);
  }
}
