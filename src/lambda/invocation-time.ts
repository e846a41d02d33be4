import { SoftTimeLimitExceeded, type Clock, type Lease, type Timer } from '#celery';

/** Milliseconds before the end of the function at which handlers are told to end; of short functions, a tenth of their time. */
const LONGEST_GRACE_MS = 5000;
const GRACE_PART = 0.1;

/**
 * The time of one invocation, which is the lease of all of its messages: they are hidden for longer than the function may run, and
 * nobody extends that. It ends a little before the function does, as a function that runs out of time has failed all of its messages,
 * those that are done as well.
 */
export class InvocationTime implements Lease {
  readonly #clock: Clock;
  readonly #limitSeconds: number;
  readonly #endsAt: number;
  readonly #interrupt = new AbortController();
  readonly #timers: Timer[] = [];
  #longestRunMs = 0;
  /** When it began (`Clock.monotonic`). */
  readonly beganAt: number;
  /** Resolves at its end. */
  readonly ended: Promise<void>;
  /** Resolves when the function has to answer, whatever still runs. */
  readonly over: Promise<void>;

  /** @param remainingMs what Lambda says is left, or SQS hides the messages for */
  constructor(clock: Clock, remainingMs: number) {
    const graceMs = Math.min(LONGEST_GRACE_MS, remainingMs * GRACE_PART);
    const limitMs = remainingMs - graceMs;
    this.#clock = clock;
    this.#limitSeconds = Math.round(limitMs / 100) / 10;
    this.beganAt = clock.monotonic();
    this.#endsAt = this.beganAt + limitMs;
    this.ended = this.#after(limitMs, () => this.#interrupt.abort(new SoftTimeLimitExceeded(this.#limitSeconds)));
    this.over = this.#after(limitMs + graceMs / 2, () => {});
  }

  /** Compares with the clock itself: a timer may be late because the loop was blocked. */
  get lost(): boolean {
    return this.leftMs <= 0;
  }

  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Milliseconds until its end; negative afterwards. */
  get leftMs(): number {
    return this.#endsAt - this.#clock.monotonic();
  }

  /** Until when requests for its messages are worth repeating (`Clock.monotonic`). */
  get endsAt(): number {
    return this.#endsAt;
  }

  /** Whether one more run is likely to end in time: judged by the longest one so far. */
  get isEnough(): boolean {
    return this.leftMs > this.#longestRunMs;
  }

  /** A message was run from `since` (`Clock.monotonic`) until now. */
  ran(since: number): void {
    this.#longestRunMs = Math.max(this.#longestRunMs, this.#clock.monotonic() - since);
  }

  /** Nothing to do: it is never extended. */
  extendUntil(): void {}

  /** Drops its timers, when all is done. */
  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  #after(delayMs: number, callback: () => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => {
        callback();
        resolve();
      }, delayMs);
      this.#timers.push(timer);
    });
  }
}
