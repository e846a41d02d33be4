import type { Clock } from '#celery';

/** Wakes one who waits; rung while nobody waits, it wakes the next at once. */
export class Bell {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly ring = (): void => {
    this.#rung = true;
    this.#wake?.();
  };

  /** Until it is rung, or the time is over; leaves no timer behind. */
  async wait(delayMs: number): Promise<void> {
    if (!this.#rung) await this.#ringOr(delayMs);
    this.#rung = false;
  }

  #ringOr(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#clock.setTimeout(wake, delayMs);
      this.#wake = wake;
    });
  }
}
