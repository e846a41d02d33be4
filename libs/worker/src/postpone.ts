import { MAX_DELAY_SECONDS, type Clock, type Delivery, type MessageSender } from '#celery';
import type { Attempt } from './attempt.js';
import type { InFlightWatch } from './in-flight-watch.js';
import { etaOf, expiresOf } from './moments.js';
import { isRetriedInPlace, planPostponement, postponeAttributes, receivesForEta } from './receive-budget.js';
import { republish } from './republish.js';
import { longestVisibility, retentionOf, safeAge } from './wait-bounds.js';

export interface PostponeDeps {
  readonly sender: MessageSender;
  readonly clock: Clock;
  readonly maxDeliveries: number;
  /** Undefined: the quota of messages in flight is not watched. */
  readonly inFlight: InFlightWatch | undefined;
}

/**
 * Puts a healthy message that cannot run now out of sight. Resolves with the seconds until it is seen again: no more than SQS
 * allows, as it can be postponed again.
 */
export async function postpone(attempt: Attempt, wantedSeconds: number, deps: PostponeDeps): Promise<number> {
  const { delivery, message, task, claim } = attempt;
  const delaySeconds = Math.min(wantedSeconds, untilExpired(attempt, deps.clock));
  const explainedReceives = receivesForEta(delivery, etaOf(message));
  const plan = planPostponement(delivery, {
    maxDeliveries: deps.maxDeliveries,
    retriesCountReceives: claim === undefined && isRetriedInPlace(task.options, delivery.queue),
    explainedReceives,
    roomInFlight: true,
  });
  if (plan === 'republish' || (plan === 'visibility' && !(await mayWait(delivery, delaySeconds, deps)))) {
    const seconds = Math.min(delaySeconds, MAX_DELAY_SECONDS, Math.floor(retentionOf(delivery.queue) / 2));
    await republish(delivery, seconds, deps.sender, postponeAttributes(delivery, explainedReceives));
    return seconds;
  }
  const seconds = Math.min(delaySeconds, longestVisibility(delivery, deps.clock));
  await delivery.release(seconds);
  return seconds;
}

/** Seconds after which there is nothing to wait for any more. */
function untilExpired({ message }: Attempt, clock: Clock): number {
  const expires = expiresOf(message);
  return expires === undefined ? Infinity : Math.max(1, Math.floor((expires - clock.now()) / 1000) + 1);
}

/** Whether a message may wait by visibility: where its retention lasts, and its queue has room. Only what waits so is counted. */
async function mayWait(delivery: Delivery, seconds: number, { inFlight, clock }: PostponeDeps): Promise<boolean> {
  const { queue, sentAt } = delivery;
  if (queue.fifo) return true;
  const age = (clock.now() - sentAt) / 1000;
  if (age + seconds > safeAge(retentionOf(queue))) return false;
  return inFlight === undefined || inFlight.mayPark(queue.name);
}
