import type { Delivery, QueueInfo } from '#celery';
import type { Attempt } from '../attempt.js';
import { checkLease } from '../check-lease.js';
import type { WorkerEvents } from '../events.js';
import { hasFollowUps } from '../follow-ups.js';
import type { RecordedKind } from '../idempotency/claim.js';
import type { Outcome } from '../outcome.js';
import type { SettleDeps } from './settle.js';
import { republishRetry, retriesInPlace } from './settle-retry.js';

/** What follows a success: callbacks and the next step of a chain, the stored SUCCESS, and the part of a chord. */
export async function succeeded(outcome: Outcome<'success'>, attempt: Attempt, deps: SettleDeps): Promise<void> {
  const { result } = outcome;
  if (hasFollowUps(attempt.message)) {
    await attempt.claim?.decide(outcome);
    await deps.continuations.sendAdditions(attempt, outcome.added ?? []);
    await deps.followUps.sendAfterSuccess(attempt, result);
  }
  await deps.results?.succeeded(attempt, result);
  if (attempt.message.embed.chord !== null) await deps.chords?.succeeded(attempt, result);
}

/** What follows a failure whatever becomes of the message: errbacks, the stored FAILURE, and the parts of chords. */
export async function failed(
  outcome: Outcome<'failure' | 'timeLimit' | 'reject' | 'tooManyDeliveries'>,
  attempt: Attempt,
  { followUps, results, chords }: SettleDeps,
): Promise<void> {
  if (hasFollowUps(attempt.message)) await attempt.claim?.decide(outcome);
  if (outcome.kind !== 'reject') await followUps.sendAfterFailure(attempt);
  await results?.failed(attempt, outcome.error);
  await chords?.failed(attempt, outcome.error);
}

/** What the task's own `onExhausted` throws changes nothing any more. */
export async function exhausted(error: unknown, { task, request }: Attempt, events: WorkerEvents): Promise<void> {
  try {
    await task.options.onExhausted?.(error, request);
  } catch (thrown) {
    events.emit('hookFailed', { hook: `onExhausted of task ${task.name}`, error: thrown });
  }
}

/** A failed task's message is deleted, or left to the redrive policy where its task says so. */
export async function endFailed(
  outcome: Outcome<'failure' | 'timeLimit'>,
  attempt: Attempt,
  acks: boolean,
  deps: SettleDeps,
): Promise<void> {
  const { task, delivery } = attempt;
  if (acks || !task.options.acksLate) return finish(outcome, attempt, deps.events);
  await comeBack(attempt, deps.redeliveryDelay.ofRedrive(delivery, task.name));
}

/** A task that refused its message: requeued, or moved to the dead-letter queue, or deleted where there is none. */
export async function rejected(outcome: Outcome<'reject'>, attempt: Attempt, deps: SettleDeps): Promise<void> {
  const { request, delivery, task, claim } = attempt;
  if (!outcome.requeue) await failed(outcome, attempt, deps);
  if (!task.options.acksLate) return claim?.settle(outcome);
  // Put back by the task itself: no retry, and nobody has died.
  if (outcome.requeue) return comeBack(attempt, deps.redeliveryDelay.ofRequeue(delivery, task.name), false);
  if (hasNoRedrivePolicy(delivery.queue)) return finish(outcome, attempt, deps.events);
  checkLease(delivery.lease);
  const why = { reason: 'Reject', detail: outcome.reason, task: task.name, id: request.id };
  const action = await deps.quarantine.take(delivery, why);
  // Settled only once it is gone: a message that is left behind must not pass for a duplicate.
  await (action === 'left' ? claim?.release({ retried: true }) : claim?.settle(outcome));
}

/** RETRY is stored before the next attempt is sent: a late one would overwrite its outcome. */
export async function retryOnce(outcome: Outcome<'retry'>, attempt: Attempt, deps: SettleDeps): Promise<void> {
  if (retriesInPlace(outcome, attempt)) {
    await deps.results?.retried(attempt, outcome.error);
    return comeBack(attempt, Math.ceil(outcome.delaySeconds));
  }
  await attempt.claim?.decide(outcome);
  await deps.results?.retried(attempt, outcome.error);
  checkLease(attempt.delivery.lease);
  await republishRetry(outcome, attempt, deps);
  await finish(outcome, attempt, deps.events);
}

/** The same message is received again, and its task runs once more. */
async function comeBack({ claim, delivery }: Attempt, delaySeconds: number, retried = true): Promise<void> {
  checkLease(delivery.lease);
  await claim?.release({ retried });
  await delivery.release(delaySeconds);
}

/** A later attempt may have stored its own state since: only what is final is stored again. A part of a chord counts once. */
export async function repeatResult(decided: Outcome, attempt: Attempt, { results, chords }: SettleDeps): Promise<void> {
  switch (decided.kind) {
    case 'success':
      await results?.succeeded(attempt, decided.result);
      return chords?.succeeded(attempt, decided.result);
    case 'failure':
      await results?.failed(attempt, decided.error);
      return chords?.failed(attempt, decided.error);
    case 'revoked':
      return chords?.revoked(attempt, decided.error);
    default:
  }
}

/** Everything is sent and stored: the message may go. */
export async function finish(
  outcome: Outcome<RecordedKind>,
  { claim, delivery }: Attempt,
  events: WorkerEvents,
): Promise<void> {
  checkLease(delivery.lease);
  if (claim) await claim.settle(outcome);
  acknowledge(delivery, events);
}

/**
 * Queues the delete. Not awaited: the slot is free as soon as the delete is queued, and the transport keeps the lease until
 * SQS has confirmed it.
 */
export function acknowledge(delivery: Delivery, events: WorkerEvents): void {
  delivery.acknowledge().catch((error: unknown) => events.emit('settleFailed', { delivery, error }));
}

/** Where its attributes could not be read, a queue may well have one: its messages are left to it. */
export function hasNoRedrivePolicy({ redrivePolicy, visibilityTimeout }: QueueInfo): boolean {
  return redrivePolicy === undefined && visibilityTimeout !== undefined;
}
