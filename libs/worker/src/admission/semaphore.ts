/** Permits for a number of runs at a time; who waits is served in the order of coming. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(readonly permits: number) {}

  /** How many wait for a permit. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a permit if there is one that nobody waits for. */
  tryAcquire(): boolean {
    if (this.#taken >= this.permits) return false;
    this.#taken += 1;
    return true;
  }

  /** Resolves with true once a permit is taken, or with false, and without one, when `signal` is aborted first. */
  acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.tryAcquire()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const granted = (): void => {
        signal.removeEventListener('abort', aborted);
        resolve(true);
      };
      const aborted = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(granted), 1);
        resolve(false);
      };
      this.#waiting.push(granted);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  /** Gives a permit back: to the first who waits, or to whoever comes. */
  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken -= 1;
  }
}
