import { MAX_VISIBILITY_SECONDS, sleep, type Clock } from '#celery';
import type { Attempt } from '../attempt.js';
import type { Outcome, PostponementReason } from '../outcome.js';
import { mayBePostponed } from '../receive-budget.js';
import type { ResolvedTaskOptions } from '../task-options.js';
import type { TaskRequest } from '../task-request.js';
import { Semaphore } from './semaphore.js';
import { TaskLimits } from './task-limits.js';

/**
 * Decides whether a task may start now: a circuit breaker, the limit of a third party. True, or the seconds after which to ask again.
 */
export type AdmissionHook = (task: TaskRequest) => boolean | number | Promise<boolean | number>;

/** The task may start; `release` is called when its run has ended. */
interface Permit {
  readonly kind: 'permit';
  release(): void;
}

export type Admitted = Permit | Outcome<'postponed'>;

export interface AdmissionDeps {
  readonly clock: Clock;
  readonly hook: AdmissionHook | undefined;
  /** How many tasks with `pool: 'threads'` run at once. Undefined: there is no such pool. */
  readonly threads?: number | undefined;
  /** The hook threw: the task is asked for again later. */
  readonly onError: (error: unknown) => void;
}

/** A wait up to this long is spent under the lease, without a slot; longer ones out of sight. */
const HELD_MS = 20_000;

/** Milliseconds after which a hook that answered false, or threw, is asked again. */
const ASK_AGAIN_MS = 5_000;

/** Milliseconds between two messages that come back to have the hook asked again: a crowd of them must not go round in a rush. */
const ASKED_EVERY_MS = 100;

/** What keeps a task that is due from starting: the hook, the task's cap on concurrency, its rate limit. */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #limits = new Map<string, TaskLimits>();
  readonly #threads: Semaphore | undefined;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    this.#threads = deps.threads === undefined ? undefined : new Semaphore(deps.threads);
  }

  /** Whether anything may keep this task from starting: most tasks need not ask. */
  limits({ task: { options } }: Attempt): boolean {
    const capped = options.concurrency !== undefined || this.#sharedBy(options) !== undefined;
    return this.#deps.hook !== undefined || capped || options.rateLimit !== null;
  }

  /** Waits without a slot until the task may start; postpones it where that takes long, or where too many wait already. */
  async admit(attempt: Attempt): Promise<Admitted | 'takenAway'> {
    const limits = this.#limitsOf(attempt);
    return (
      (await this.#asked(attempt, limits)) ??
      (await this.#capped(attempt, limits)) ??
      (await this.#rated(attempt, limits)) ??
      this.#permit(limits)
    );
  }

  #limitsOf({ task: { name, options } }: Attempt): TaskLimits {
    const limits = this.#limits.get(name) ?? new TaskLimits(options, this.#deps.clock, this.#sharedBy(options));
    this.#limits.set(name, limits);
    return limits;
  }

  /** A task must not begin, nor its time limits, before there is a thread for it. */
  #sharedBy({ pool }: Pick<ResolvedTaskOptions, 'pool'>): Semaphore | undefined {
    return pool === 'threads' ? this.#threads : undefined;
  }

  #permit(limits: TaskLimits): Permit {
    const { clock } = this.#deps;
    const begun = clock.monotonic();
    return {
      kind: 'permit',
      release: () => {
        limits.ran(clock.monotonic() - begun);
        limits.release();
      },
    };
  }

  async #asked(attempt: Attempt, limits: TaskLimits): Promise<Refusal> {
    for (let waitMs = await this.#ask(attempt); waitMs > 0; waitMs = await this.#ask(attempt)) {
      if (!this.#holds(attempt, waitMs)) return postponed('admission', limits.horizon.next(waitMs, ASKED_EVERY_MS, 0));
      if (!(await this.#wait(attempt, waitMs))) return 'takenAway';
    }
    return undefined;
  }

  /** Milliseconds until the hook wants to be asked again; 0 when it lets the task start. */
  async #ask({ request }: Attempt): Promise<number> {
    const { hook, onError } = this.#deps;
    try {
      const answer = (await hook?.(request)) ?? true;
      if (typeof answer === 'number') return Math.max(0, answer * 1000);
      return answer ? 0 : ASK_AGAIN_MS;
    } catch (error) {
      onError(error);
      return ASK_AGAIN_MS;
    }
  }

  async #capped(attempt: Attempt, limits: TaskLimits): Promise<Refusal> {
    const taken: Semaphore[] = [];
    for (const cap of limits.caps) {
      const refusal = await this.#permitted(attempt, cap, limits);
      if (!refusal) {
        taken.push(cap);
        continue;
      }
      for (const one of taken) one.release();
      return refusal;
    }
    return undefined;
  }

  async #permitted(attempt: Attempt, cap: Semaphore, { horizon, intervalMs }: TaskLimits): Promise<Refusal> {
    if (cap.tryAcquire()) return undefined;
    if (!this.#holds(attempt, cap.waiting * intervalMs)) {
      return postponed('concurrency', horizon.next((cap.waiting + 1) * intervalMs, intervalMs));
    }
    const { delivery } = attempt;
    const waiting = new AbortController();
    const granted = cap.acquire(AbortSignal.any([delivery.lease.signal, waiting.signal]));
    if (await delivery.standAside(granted.then(() => undefined))) return undefined;
    waiting.abort();
    if (await granted) cap.release();
    return 'takenAway';
  }

  async #rated(attempt: Attempt, limits: TaskLimits): Promise<Refusal> {
    const { rate, horizon } = limits;
    if (!rate) return undefined;
    const place = rate.reserve();
    while (!place.start()) {
      const { waitMs } = place;
      const held = this.#holds(attempt, waitMs);
      if (held && (await this.#wait(attempt, waitMs))) continue;
      place.giveBack();
      limits.release();
      return held ? 'takenAway' : postponed('rateLimit', horizon.next(waitMs, rate.intervalMs));
    }
    return undefined;
  }

  /** Whether a message is kept under its lease for this long: where it must be, or where the wait is short and there is room. */
  #holds({ delivery }: Attempt, waitMs: number): boolean {
    return !mayBePostponed(delivery) || (waitMs <= HELD_MS && delivery.mayStandAside);
  }

  #wait({ delivery }: Attempt, waitMs: number): Promise<boolean> {
    // No lease lasts longer, and neither do the timers of Node.
    const held = Math.min(waitMs, MAX_VISIBILITY_SECONDS * 1000);
    return delivery.standAside(sleep(this.#deps.clock, held, delivery.lease.signal));
  }
}

type Refusal = Outcome<'postponed'> | 'takenAway' | undefined;

function postponed(reason: PostponementReason, delaySeconds: number): Outcome<'postponed'> {
  return { kind: 'postponed', reason, delaySeconds };
}
