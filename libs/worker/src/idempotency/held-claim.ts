import type { AttemptClaim, Clock, IdempotencyStore, JsonTypes, MessageOf, Timer } from '#celery';
import type { Outcome } from '../outcome.js';
import type { TaskRequest } from '../task-request.js';
import type { Claim, RecordedKind } from './claim.js';
import { ClaimLostError } from './claim-lost-error.js';
import { encodeDecision } from './decision.js';

export interface HeldClaimInit {
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  readonly claim: AttemptClaim;
  readonly request: Pick<TaskRequest, 'task' | 'id'>;
  readonly attempt: number;
  readonly workerLost: boolean;
  /** Own types in results and arguments. */
  readonly jsonTypes: JsonTypes | undefined;
  /** What is recorded in place of an error's message. Default: the message. */
  readonly messageOf?: MessageOf | undefined;
  readonly onError: (error: unknown) => void;
}

/** A claim of this worker's, extended until it is ended. */
export class HeldClaim implements Claim {
  readonly attempt: number;
  readonly workerLost: boolean;
  readonly #init: HeldClaimInit;
  readonly #lost = new AbortController();
  #timer: Timer | undefined;

  constructor(init: HeldClaimInit) {
    this.attempt = init.attempt;
    this.workerLost = init.workerLost;
    this.#init = init;
    this.#schedule();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async decide(outcome: Outcome<RecordedKind>): Promise<void> {
    const { store, claim } = this.#init;
    this.#check(await store.decide(claim.key, claim.owner, this.#encode(outcome)));
  }

  async settle(outcome: Outcome<RecordedKind>): Promise<void> {
    const { store, claim } = this.#init;
    this.#check(await store.settle(claim.key, claim.owner, this.#encode(outcome)));
    this.end();
  }

  async release(options: { readonly retried: boolean }): Promise<void> {
    const { store, claim } = this.#init;
    this.end();
    await store.release(claim.key, claim.owner, options);
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Twice in the time for which it holds, so that one failure does not lose it. */
  #schedule(): void {
    const { clock, claim } = this.#init;
    this.#timer = clock.setTimeout(() => void this.#extend(), (claim.leaseSeconds * 1000) / 3);
  }

  async #extend(): Promise<void> {
    const { store, claim, request, onError } = this.#init;
    const timer = this.#timer;
    try {
      const ours = await store.extend(claim.key, claim.owner, claim.leaseSeconds);
      if (this.#timer !== timer) return;
      if (ours) return this.#schedule();
      this.#lost.abort(new ClaimLostError(request.task, request.id));
    } catch (error) {
      onError(error);
      if (this.#timer === timer) this.#schedule();
    }
  }

  #encode(outcome: Outcome<RecordedKind>): string {
    const { clock, jsonTypes, messageOf } = this.#init;
    return encodeDecision(outcome, { now: clock.now(), jsonTypes, messageOf });
  }

  #check(ours: boolean): void {
    if (!ours) throw new ClaimLostError(this.#init.request.task, this.#init.request.id);
  }
}
