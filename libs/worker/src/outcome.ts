import type { ChordAddition, Retry, SignatureJson, TaskRevokedError, TimeLimitExceeded } from '#celery';

/** What is known of each way an attempt can end. */
interface OutcomeDetails {
  /** The handler returned. `added`: what it added to its chord. */
  success: { readonly result: unknown; readonly runtimeSeconds: number; readonly added?: readonly ChordAddition[] };
  /** The handler asked for a signature to run in its task's place. */
  replaced: { readonly signature: SignatureJson; readonly added?: readonly ChordAddition[] };
  /**
   * The handler threw, or may not be tried again. `exhausted`: it would have been retried, had it retries left. `expected`: whether
   * the error is one of the task's `throws`, where that was decided already.
   */
  failure: { readonly error: unknown; readonly exhausted?: boolean; readonly expected?: boolean };
  /** The hard time limit passed; `handler` may still be running. */
  timeLimit: { readonly error: TimeLimitExceeded; readonly handler: Promise<unknown> };
  /** The task runs again in `delaySeconds`; `error` is what made it. */
  retry: { readonly retry: Retry; readonly error: unknown; readonly delaySeconds: number };
  /** The same, and the message is kept until then: it is on a FIFO queue. */
  heldRetry: { readonly retry: Retry; readonly error: unknown; readonly delaySeconds: number };
  /** The task asked not to have an outcome. */
  ignore: object;
  /** The task refused its message. */
  reject: { readonly requeue: boolean; readonly reason: string; readonly error: unknown };
  /** `expires` had passed before it ran. */
  expired: object;
  /** It was revoked: before it ran, or while it was running (`terminated`). */
  revoked: { readonly error: TaskRevokedError; readonly terminated: boolean };
  /** `eta` is `delaySeconds` ahead: it was not run. */
  early: { readonly delaySeconds: number };
  /** A limit keeps it from running for `delaySeconds`, more or less. */
  postponed: { readonly delaySeconds: number; readonly reason: PostponementReason };
  /** Another delivery ran this attempt; `settled`: what followed it was sent and stored as well. */
  duplicate: { readonly decided: Decided; readonly settled: boolean };
  /** Received so often that running it again would only feed a crash loop. */
  tooManyDeliveries: { readonly error: unknown };
}

/** Why a task that is due does not run yet: a rate limit, a cap on concurrency, the admission hook, or a copy of it that runs. */
export type PostponementReason = 'rateLimit' | 'concurrency' | 'admission' | 'duplicate';

/** An outcome that the idempotency store remembers. */
export type Decided = Outcome<'success' | 'replaced' | 'failure' | 'retry' | 'ignore' | 'reject' | 'revoked'>;

export type OutcomeKind = keyof OutcomeDetails;

/** How one attempt at a task ended; `settle` turns each into actions on the message. */
export type Outcome<Kind extends OutcomeKind = OutcomeKind> = {
  [K in Kind]: { readonly kind: K } & OutcomeDetails[K];
}[Kind];
