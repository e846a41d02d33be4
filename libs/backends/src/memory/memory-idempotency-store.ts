import { systemClock } from '#celery';
import type { AttemptClaim, ClaimAnswer, Clock, IdempotencyStore } from '#celery/ports';
import { checkedSeconds, IDEMPOTENCY_RETENTION } from '../retention.js';
import { claimAttempt, releaseAttempt, type Attempt } from './attempt.js';
import { ExpiringMap } from './expiring-map.js';

/** Options of a {@link MemoryIdempotencyStore}. */
export interface MemoryIdempotencyStoreOptions {
  /**
   * Seconds for which an attempt is remembered after its last change: as long as a copy of its message may arrive. Default:
   * four days, SQS's default retention of messages.
   */
  readonly retention?: number;
  /** Attempts that are remembered; those that changed longest ago give way. Default 100 000. */
  readonly maxAttempts?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const MAX_ATTEMPTS = 100_000;

/** Attempts in the memory of this process: for a fleet of one worker, for development and tests. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #attempts: ExpiringMap<Attempt>;
  readonly #clock: Clock;
  readonly #retention: number;

  constructor(options: MemoryIdempotencyStoreOptions = {}) {
    const { retention = IDEMPOTENCY_RETENTION, maxAttempts = MAX_ATTEMPTS, clock = systemClock } = options;
    this.#attempts = new ExpiringMap({ clock, maxWeight: maxAttempts });
    this.#clock = clock;
    this.#retention = checkedSeconds('retention', retention);
  }

  async claim(claim: AttemptClaim): Promise<ClaimAnswer> {
    const { answer, attempt } = claimAttempt(this.#attempts.get(claim.key), claim, this.#clock.monotonic());
    if (attempt) this.#remember(claim.key, attempt);
    return answer;
  }

  async extend(key: string, owner: string, leaseSeconds: number): Promise<boolean> {
    const until = this.#clock.monotonic() + leaseSeconds * 1000;
    return this.#change(key, owner, (attempt) => ({ ...attempt, until }));
  }

  async decide(key: string, owner: string, decision: string): Promise<boolean> {
    return this.#change(key, owner, (attempt) => ({ ...attempt, decision }));
  }

  async settle(key: string, owner: string, decision: string): Promise<boolean> {
    const known = this.#attempts.get(key);
    // Said twice, because the answer to the first was lost.
    if (known?.state === 'settled') return known.owner === owner;
    return this.#change(key, owner, (attempt) => ({ ...attempt, state: 'settled', decision }));
  }

  async release(key: string, owner: string, { retried }: { readonly retried: boolean }): Promise<void> {
    this.#change(key, owner, (attempt) => releaseAttempt(attempt, retried));
  }

  async close(): Promise<void> {}

  #change(key: string, owner: string, change: (attempt: Attempt) => Attempt): boolean {
    const known = this.#attempts.get(key);
    if (known?.state !== 'running' || known.owner !== owner) return false;
    this.#remember(key, change(known));
    return true;
  }

  #remember(key: string, attempt: Attempt): void {
    // A lease may be longer than a short retention.
    const leaseSeconds = (attempt.until - this.#clock.monotonic()) / 1000;
    this.#attempts.set(key, attempt, Math.max(this.#retention, leaseSeconds));
  }
}
