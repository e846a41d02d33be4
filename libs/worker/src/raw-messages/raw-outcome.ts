import { Ignore, Reject, Retry, UnrecoverableError, type Clock, type Delivery } from '#celery';
import { mayRetryInPlace } from '../receive-budget.js';
import type { RedeliveryDelay } from '../redelivery-delay.js';
import { retryDelaySeconds } from '../retry-policy.js';
import { resolveTaskOptions } from '../task-options.js';
import { longestVisibility } from '../wait-bounds.js';

/** What a handler's error means for its message. */
export type RawVerdict =
  /** Deleted: the handler has no use for it. */
  | { readonly kind: 'ignored' }
  /** The handler asked for it again, in `delaySeconds`. */
  | { readonly kind: 'retried'; readonly error: unknown; readonly delaySeconds: number }
  /** The handler failed; another receive, in `delaySeconds`, may do better. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly delaySeconds: number }
  /** The handler refused it. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** No further receive would help, or there is none left. */
  | { readonly kind: 'exhausted'; readonly error: unknown };

/** What the verdict depends on besides the error. */
export interface RawVerdictDeps {
  readonly clock: Clock;
  /** Receives after which a message is not handled again where its queue has no redrive policy. */
  readonly maxDeliveries: number;
  /** Seconds until a message is received again that was refused with `Reject(requeue)`, or whose handler failed. */
  readonly redeliveryDelay: Pick<RedeliveryDelay, 'ofRequeue' | 'ofRedrive'>;
}

/**
 * What becomes of a message whose handler threw. There is no other copy of it: a retry is the message itself, out of sight for a
 * while, so SQS's receive count bounds the retries, and the last receive decides for good.
 */
export function verdictOf(thrown: unknown, delivery: Delivery, deps: RawVerdictDeps): RawVerdict {
  const error = wrongRetry(thrown) ?? thrown;
  if (error instanceof Ignore) return { kind: 'ignored' };
  if (error instanceof Reject && !error.requeue) return { kind: 'rejected', reason: error.message };
  if (isExhausted(error, delivery, deps.maxDeliveries)) return { kind: 'exhausted', error: reasonOf(error) };
  const kind = error instanceof Retry || error instanceof Reject ? 'retried' : 'failed';
  const delaySeconds = Math.min(delayOf(error, delivery, deps), longestVisibility(delivery, deps.clock));
  return { kind, error: reasonOf(error), delaySeconds };
}

/** Why a message is moved to the dead-letter queue: `RawMessage:TypeError`. */
export function reasonText(error: unknown): string {
  try {
    return `RawMessage:${error instanceof Error ? error.name : typeof error}`;
  } catch {
    // A getter of the user's class threw: that must not keep the message.
    return 'RawMessage:Error';
  }
}

function delayOf(error: unknown, delivery: Delivery, { clock, redeliveryDelay }: RawVerdictDeps): number {
  if (error instanceof Reject) return redeliveryDelay.ofRequeue(delivery);
  if (error instanceof Retry) return Math.ceil(retryDelaySeconds(error, resolveTaskOptions().defaultRetryDelay, clock));
  return redeliveryDelay.ofRedrive(delivery);
}

/** A retry that changes what there is no other copy of cannot be granted, and must not be granted in part. */
function wrongRetry(error: unknown): TypeError | undefined {
  if (!(error instanceof Retry)) return undefined;
  const { args, kwargs, queue, headers } = error;
  if ((args ?? kwargs ?? queue ?? headers) === undefined) return undefined;
  return new TypeError('A raw message is retried as it is: Retry takes countdown, eta, maxRetries and cause here', {
    cause: error.cause,
  });
}

/** Whether another receive cannot help, or may not be. */
function isExhausted(error: unknown, delivery: Delivery, maxDeliveries: number): boolean {
  if (error instanceof UnrecoverableError || !mayRetryInPlace(delivery, maxDeliveries)) return true;
  const maxRetries = error instanceof Retry ? error.maxRetries : undefined;
  // Receives at which the message was not handled are no retries.
  const retries = delivery.receiveCount - 1 - delivery.unstartedReceives;
  return typeof maxRetries === 'number' && retries >= maxRetries;
}

/** What is behind a `Retry` or an `UnrecoverableError`. */
function reasonOf(error: unknown): unknown {
  return error instanceof Retry || error instanceof UnrecoverableError ? (error.cause ?? error) : error;
}
