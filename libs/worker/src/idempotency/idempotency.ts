import { randomUUID } from 'node:crypto';
import type { Clock, IdempotencyStore, JsonTypes, MessageOf, TaskMessage } from '#celery';
import type { Attempt } from '../attempt.js';
import type { Decided } from '../outcome.js';
import type { Claimed } from './claim.js';
import { decodeDecision } from './decision.js';
import { underLease } from '../under-lease.js';
import { HeldClaim } from './held-claim.js';

/** Seconds for which a claim holds without being extended: as long as a message is ours without that. */
const CLAIM_SECONDS = 30;

export interface IdempotencyDeps {
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  /** Own types in results and arguments. */
  readonly jsonTypes?: JsonTypes | undefined;
  /** What is recorded in place of an error's message. Default: the message. */
  readonly messageOf?: MessageOf | undefined;
  /** A claim could not be extended for a moment. */
  readonly onError: (error: unknown) => void;
}

/** Runs each attempt at a task once, however many copies of its message are delivered, as far as the store remembers. */
export class Idempotency {
  readonly #deps: IdempotencyDeps;

  constructor(deps: IdempotencyDeps) {
    this.#deps = deps;
  }

  /** Claims the attempt of a message. Rejects where the store cannot be asked: the message has to come back then. */
  async claim({ message, delivery, request }: Attempt): Promise<Claimed> {
    const { store, clock, jsonTypes, messageOf, onError } = this.#deps;
    const claim = {
      key: keyOf(message),
      owner: randomUUID(),
      messageId: delivery.messageId,
      receiveCount: delivery.receiveCount,
      leaseSeconds: CLAIM_SECONDS,
    };
    const answer = await underLease(delivery.lease, clock, () => store.claim(claim));
    if (answer.kind === 'running') return answer;
    if (answer.kind === 'settled') return { kind: 'settled', decided: this.#decode(answer.decision) };
    const { attempt, lost, decision } = answer;
    // Before anything is held: what cannot be read must not be extended.
    const decided = decision === undefined ? undefined : this.#decode(decision);
    const held = new HeldClaim({
      store,
      clock,
      claim,
      request,
      attempt,
      workerLost: lost,
      jsonTypes,
      messageOf,
      onError,
    });
    return { kind: 'claimed', claim: held, ...(decided && { decided }) };
  }

  #decode(decision: string): Decided {
    const { clock, jsonTypes } = this.#deps;
    return decodeDecision(decision, { now: clock.now(), jsonTypes });
  }
}

/** The same for every copy of a message, and for no other attempt at any task. */
function keyOf({ headers: { task, id, replacedTaskNesting, retries } }: TaskMessage): string {
  return `${task}:${id}:${replacedTaskNesting}:${retries}`;
}
