import type { Clock } from '#celery';
import { RateLimiter } from '../rate-limit.js';
import type { ResolvedTaskOptions } from '../task-options.js';
import { Horizon } from './horizon.js';
import { Semaphore } from './semaphore.js';

/** Weight of the last run in the average of a task's running times. */
const SMOOTHING = 0.2;

/** One run counts for no more than so many times the average: an exception must not put off all that come after it. */
const MOST_TIMES = 10;

/** Milliseconds a run is taken to last before one has ended. */
const FIRST_GUESS_MS = 1_000;

/** The limits of one task in this worker, and what they let through. */
export class TaskLimits {
  /** `concurrency` of the task, and what it shares with others; a run takes a permit of each. */
  readonly caps: readonly Semaphore[];
  /** `rateLimit` of the task. */
  readonly rate: RateLimiter | undefined;
  readonly horizon: Horizon;
  readonly #concurrency: number;
  #runMs: number | undefined;

  /** @param shared the cap of the pool that it runs in. Default: none */
  constructor(
    { concurrency, rateLimit }: Pick<ResolvedTaskOptions, 'concurrency' | 'rateLimit'>,
    clock: Clock,
    shared?: Semaphore,
  ) {
    const own = concurrency === undefined ? undefined : new Semaphore(concurrency);
    this.caps = [own, shared].filter((cap) => cap !== undefined);
    this.rate = RateLimiter.of(rateLimit, clock);
    this.horizon = new Horizon(clock);
    this.#concurrency = Math.min(...this.caps.map(({ permits }) => permits));
  }

  /** Milliseconds between two runs that may start, as far as the cap decides. */
  get intervalMs(): number {
    return (this.#runMs ?? FIRST_GUESS_MS) / this.#concurrency;
  }

  /** Gives back a permit of each cap. */
  release(): void {
    for (const cap of this.caps) cap.release();
  }

  /** Learns how long a run holds its permit. */
  ran(milliseconds: number): void {
    const before = this.#runMs ?? milliseconds;
    this.#runMs = before + SMOOTHING * (Math.min(milliseconds, MOST_TIMES * before) - before);
  }
}
