import type { Clock, Timer } from '#celery/ports';

/** A time within which something must have happened. */
export class Deadline {
  readonly #timer: Timer;
  readonly #error: () => Error;
  #fail: ((error: Error) => void) | undefined;
  #over = false;

  /**
   * @param ms milliseconds from now
   * @param error what is thrown once they are over
   */
  constructor(clock: Clock, ms: number, error: () => Error) {
    this.#error = error;
    this.#timer = clock.setTimeout(() => this.#pass(), ms);
  }

  get over(): boolean {
    return this.#over;
  }

  /**
   * What `work` comes to, if it does so in time; one piece of work at a time.
   * @throws (rejects) the deadline's error
   */
  before<Result>(work: Promise<Result>): Promise<Result> {
    // Not Promise.race, which takes several promises more: this stands in the way of every command.
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      work.then(resolve, reject);
      if (this.#over) reject(this.#error());
    });
  }

  /** Ends it: to be called when what was waited for has happened. */
  cancel(): void {
    this.#timer.cancel();
  }

  #pass(): void {
    this.#over = true;
    this.#fail?.(this.#error());
  }
}
