/** One delivery's wish to run one attempt at a task. */
export interface AttemptClaim {
  /** What the attempt is known by: task name, id, replacements and retries. The same for every copy of its message. */
  readonly key: string;
  /** Who claims; unlike that of every other claim, of this worker too. */
  readonly owner: string;
  /** SQS's MessageId. A later receive of the same message proves that the lease of the earlier one is over. */
  readonly messageId: string;
  /** SQS's ApproximateReceiveCount. */
  readonly receiveCount: number;
  /** Seconds for which the claim holds unless it is extended. */
  readonly leaseSeconds: number;
}

/** What a store knows of an attempt. */
export type ClaimAnswer =
  /**
   * It is the claimer's now. `attempt` counts the retries in place before it, from 0. `lost`: a worker that had claimed it is gone
   * without a decision. `decision`: the attempt has run, and what followed it may not all have been sent.
   */
  | {
      readonly kind: 'claimed';
      readonly attempt: number;
      readonly lost: boolean;
      readonly decision?: string;
    }
  /** Another delivery is running it, as far as is known for `leaseSeconds` more. */
  | { readonly kind: 'running'; readonly leaseSeconds: number }
  /** It is done, and so is what followed it. */
  | { readonly kind: 'settled'; readonly decision: string };

/**
 * Remembers which attempts at tasks are running and which are done, for all workers of a fleet. Each call is atomic. Decisions are
 * opaque text of the worker's.
 */
export interface IdempotencyStore {
  /** Claims an attempt that nobody has, or whose owner's lease is over. */
  claim(claim: AttemptClaim): Promise<ClaimAnswer>;
  /** Holds a claim for longer. False when it is no longer the owner's. */
  extend(key: string, owner: string, leaseSeconds: number): Promise<boolean>;
  /** Records how the attempt ended, before what follows it is sent: it is not run again. False when it is no longer the owner's. */
  decide(key: string, owner: string, decision: string): Promise<boolean>;
  /** Records that all is sent and stored, before the message is deleted. False when it is no longer the owner's. */
  settle(key: string, owner: string, decision: string): Promise<boolean>;
  /**
   * Gives a claim up: another delivery may have it at once. `retried`: the attempt ran and is retried in place, so the next claim
   * is another attempt.
   */
  release(key: string, owner: string, options: { readonly retried: boolean }): Promise<void>;
  /** Ends connections that were made for the store. */
  close(): Promise<void>;
}
