import type { Decided, Outcome } from '../outcome.js';

/** An attempt that is claimed in the idempotency store: no other copy of its message runs meanwhile. */
export interface Claim {
  /** Retries in place before this attempt, from 0. */
  readonly attempt: number;
  /** Whether a worker that had claimed the same attempt is gone without a word. */
  readonly workerLost: boolean;
  /** Aborted with ClaimLostError when another delivery has claimed it since. */
  readonly signal: AbortSignal;
  /**
   * Records the outcome before what follows is sent: from here on the attempt is not run again.
   * @throws (rejects) ClaimLostError when another delivery has claimed it since
   */
  decide(outcome: Outcome<RecordedKind>): Promise<void>;
  /**
   * Records that all is sent and stored.
   * @throws (rejects) ClaimLostError when another delivery has claimed it since
   */
  settle(outcome: Outcome<RecordedKind>): Promise<void>;
  /** Gives the attempt up; `retried`: it ran, and the message comes back for another. */
  release(options: { readonly retried: boolean }): Promise<void>;
  /** Holds the claim no longer; what is recorded stays. */
  end(): void;
}

/** Outcomes after which an attempt is not run again. */
export type RecordedKind = Decided['kind'] | 'timeLimit' | 'tooManyDeliveries';

const RECORDED: ReadonlySet<string> = new Set<RecordedKind>([
  'success',
  'replaced',
  'failure',
  'retry',
  'ignore',
  'reject',
  'revoked',
  'timeLimit',
  'tooManyDeliveries',
]);

export function isRecorded(outcome: Outcome): outcome is Outcome<RecordedKind> {
  return RECORDED.has(outcome.kind);
}

interface ClaimAnswers {
  /** Ours. `decided`: it has run, and what follows may not all have been sent. */
  claimed: { readonly claim: Claim; readonly decided?: Decided };
  /** Another delivery runs it, for about so long. */
  running: { readonly leaseSeconds: number };
  /** It is done, and so is what followed. */
  settled: { readonly decided: Decided };
}

/** What the store answered to a claim. */
export type Claimed<Kind extends keyof ClaimAnswers = keyof ClaimAnswers> = {
  [K in Kind]: { readonly kind: K } & ClaimAnswers[K];
}[Kind];
