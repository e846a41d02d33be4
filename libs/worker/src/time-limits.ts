import {
  SoftTimeLimitExceeded,
  TimeLimitExceeded,
  type Clock,
  type Lease,
  type TaskHeaders,
  type Timer,
} from '#celery';
import type { ResolvedTaskOptions } from './task-options.js';

/** Seconds after the hard limit for which the slot, and the lease, wait for a handler that does not end. */
const GRACE_SECONDS = 30;

/** The soft and hard time limit of one run; the message's own win over the task's. */
export class TimeLimits {
  readonly #timers: Timer[] = [];
  readonly #hard: number | undefined;
  readonly #soft: number | undefined;

  private constructor(
    hard: number | undefined,
    soft: number | undefined,
    private readonly interrupt: AbortController,
    private readonly lease: Lease,
    private readonly clock: Clock,
  ) {
    this.#hard = hard;
    this.#soft = soft;
  }

  /** Undefined for a task without limits: most have none, and timers are not free. */
  static of(
    headers: TaskHeaders,
    options: ResolvedTaskOptions,
    { lease, clock, interrupt }: { lease: Lease; clock: Clock; interrupt: () => AbortController },
  ): TimeLimits | undefined {
    const hard = headers.timelimit[0] ?? options.timeLimit;
    const soft = headers.timelimit[1] ?? options.softTimeLimit;
    if (hard === undefined && soft === undefined) return undefined;
    return new TimeLimits(hard, soft, interrupt(), lease, clock);
  }

  /** Starts the limits; resolves with the error once the hard one has passed. */
  start(onSoftLimit: (seconds: number) => void): Promise<TimeLimitExceeded> {
    const soft = this.#soft;
    if (soft !== undefined) {
      this.#after(soft, () => {
        onSoftLimit(soft);
        this.interrupt.abort(new SoftTimeLimitExceeded(soft));
      });
    }
    const hard = this.#hard;
    if (hard === undefined) return new Promise(() => undefined);
    this.lease.extendUntil(this.clock.monotonic() + (hard + GRACE_SECONDS) * 1000);
    return new Promise((resolve) => {
      this.#after(hard, () => {
        const error = new TimeLimitExceeded(hard);
        this.interrupt.abort(error);
        resolve(error);
      });
    });
  }

  end(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** Resolves when a handler past its hard limit has ended, or when nobody waits for it any longer. */
  async outlive(handler: Promise<unknown>): Promise<'ended' | 'zombie'> {
    const ended = handler.then(
      () => 'ended' as const,
      () => 'ended' as const,
    );
    const patience = new Promise<'zombie'>((resolve) => this.#after(GRACE_SECONDS, () => resolve('zombie')));
    const outcome = await Promise.race([ended, patience]);
    this.end();
    return outcome;
  }

  #after(seconds: number, callback: () => void): void {
    this.#timers.push(this.clock.setTimeout(callback, seconds * 1000));
  }
}
