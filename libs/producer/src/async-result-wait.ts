import {
  READY_STATES,
  SqsCeleryError,
  type Clock,
  type ResultStore,
  type ResultSubscription,
  type TaskMeta,
} from '#celery';
import { Bell } from './async-result-bell.js';
import type { Closing } from './async-result-closing.js';
import { Patience, type WaitOptions } from './async-result-patience.js';

/** What is asked for results. */
export interface WaitDeps {
  readonly store: ResultStore;
  readonly clock: Clock;
  readonly closing: Closing;
  /** Called whenever the result is not there yet; what it rejects with, other than that the store fails, ends the waiting. */
  readonly meanwhile?: (() => Promise<void>) | undefined;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** How often a store is asked that cannot tell: from the first to the last of these, in milliseconds, growing by the factor. */
const POLL = { firstMs: 100, lastMs: 2_000, factor: 1.5 };
/** How often one is asked that tells, as a message may be lost. */
const SAFETY_MS = 10_000;
/** For how long a store may fail while a result is waited for. */
const FAILING_MS = 30_000;
const BACKEND_ERROR = 'SQS_CELERY_BACKEND';

/**
 * The record of a task once it has ended.
 *
 * @throws (rejects) TimeoutError, the reason of the signal, ResultsClosedError; what the store says when it fails for good
 */
export async function waitForResult(taskId: string, deps: WaitDeps, options: WaitOptions): Promise<TaskMeta> {
  const patience = new Patience(taskId, options, deps.closing, deps.clock);
  const wait = new ResultWait(taskId, deps, patience);
  try {
    return await Promise.race([patience.over, wait.run()]);
  } finally {
    patience.end();
    wait.end();
  }
}

/** Asks a store again and again, when it says that it is worth it and otherwise every now and then. */
class ResultWait {
  readonly #bell: Bell;
  #subscription: ResultSubscription | undefined;
  #failingSince: number | undefined;
  #pauseMs = POLL.firstMs;
  #ended = false;

  constructor(
    readonly taskId: string,
    readonly deps: WaitDeps,
    readonly patience: Patience,
  ) {
    this.#bell = new Bell(deps.clock);
  }

  async run(): Promise<TaskMeta> {
    while (!this.#ended) {
      const meta = await this.#tolerant(() => this.#ask());
      if (isReady(meta)) return meta;
      await this.#bell.wait(this.#nextPauseMs());
    }
    return this.patience.over;
  }

  end(): void {
    this.#ended = true;
    this.#subscription?.end();
    this.#bell.ring();
  }

  /** What is stored between subscribing and asking is found; what is stored later is told. */
  async #ask(): Promise<TaskMeta | undefined> {
    if (!this.#subscription) await this.#subscribe();
    if (this.#ended) return undefined;
    const meta = await this.deps.store.get(this.taskId);
    if (!isReady(meta)) await this.deps.meanwhile?.();
    return meta;
  }

  async #subscribe(): Promise<void> {
    try {
      const subscription = await this.deps.store.subscribe?.(this.taskId, this.#bell.ring);
      if (this.#ended) subscription?.end();
      else this.#subscription = subscription;
    } catch (error) {
      // It is asked instead, which tells whether it can be reached; before the next time, this is tried again.
      if (isPermanent(error)) throw error;
    }
  }

  /** A store that cannot be reached for a moment does not end the waiting. */
  async #tolerant<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const answer = await ask();
      this.#failingSince = undefined;
      return answer;
    } catch (error) {
      const now = this.deps.clock.monotonic();
      this.#failingSince ??= now;
      if (isPermanent(error) || now - this.#failingSince >= FAILING_MS) throw error;
      return undefined;
    }
  }

  #nextPauseMs(): number {
    const { random = Math.random } = this.deps;
    const told = this.#subscription !== undefined && this.#failingSince === undefined;
    const most = told ? SAFETY_MS : this.#pauseMs;
    if (!told) this.#pauseMs = Math.min(POLL.lastMs, this.#pauseMs * POLL.factor);
    return most / 2 + (random() * most) / 2;
  }
}

function isReady(meta: TaskMeta | undefined): meta is TaskMeta {
  return meta !== undefined && READY_STATES.has(meta.status);
}

/** Our own errors but the store's: a record that cannot be read, a package that is not installed. */
function isPermanent(error: unknown): boolean {
  return error instanceof SqsCeleryError && error.code !== BACKEND_ERROR;
}
