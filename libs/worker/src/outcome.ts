import type { Retry, TimeLimitExceeded } from '#celery';

/** What is known of each way an attempt can end. */
interface OutcomeDetails {
  /** The handler returned. */
  success: { readonly result: unknown; readonly runtimeSeconds: number };
  /** The handler threw, or may not be tried again. */
  failure: { readonly error: unknown };
  /** The hard time limit passed; `handler` may still be running. */
  timeLimit: { readonly error: TimeLimitExceeded; readonly handler: Promise<unknown> };
  /** The task runs again in `delaySeconds`; `error` is what made it. */
  retry: { readonly retry: Retry; readonly error: unknown; readonly delaySeconds: number };
  /** The task asked not to have an outcome. */
  ignore: object;
  /** The task refused its message. */
  reject: { readonly requeue: boolean; readonly reason: string };
  /** `expires` had passed before it ran. */
  expired: object;
  /** `eta` is `delaySeconds` ahead: it was not run. */
  early: { readonly delaySeconds: number };
  /** Received so often that running it again would only feed a crash loop. */
  tooManyDeliveries: { readonly error: unknown };
}

export type OutcomeKind = keyof OutcomeDetails;

/** How one attempt at a task ended; `settle` turns each into actions on the message. */
export type Outcome<Kind extends OutcomeKind = OutcomeKind> = {
  [K in Kind]: { readonly kind: K } & OutcomeDetails[K];
}[Kind];
