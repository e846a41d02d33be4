import {
  InvalidTaskError,
  MAX_VISIBILITY_SECONDS,
  MaxRetriesExceededError,
  retryMessage,
  type Delivery,
  type MessageSender,
  type TaskMessage,
} from '#celery';
import type { Outcome } from '../outcome.js';
import type { Failure } from '../failure-of.js';
import { etaOf } from '../moments.js';
import { isRetriedInPlace, mayRetryInPlace, receivesForEta } from '../receive-budget.js';
import { ownAttributes } from '../republish.js';
import type { Attempt } from '../attempt.js';
import type { SettleDeps } from './settle.js';

/**
 * On a FIFO queue, and with `retryVia: 'visibility'`, a retry keeps its place: the message itself becomes visible again after the
 * delay. A retry that changes the message has to be a new one.
 */
export function retriesInPlace({ retry, delaySeconds }: Outcome<'retry'>, { delivery, task }: Attempt): boolean {
  const changed = retry.args ?? retry.kwargs ?? retry.queue ?? retry.headers;
  const unchanged = changed === undefined && delaySeconds < MAX_VISIBILITY_SECONDS / 2;
  return unchanged && isRetriedInPlace(task.options, delivery.queue);
}

/** A FIFO group that waits this long for a retry is not worth a receive of each of its messages. */
const HELD_SECONDS = 30;

/** SQS's 12 hours must not end while a retry waits. */
const MARGIN_SECONDS = 600;

/**
 * Whether the next attempt is waited for under the lease, without a slot. Released, a FIFO message takes along what waits behind it
 * in its group, and each spends a receive: healthy messages would run out of them by the retries of another.
 */
export function isHeldRetry(
  outcome: Outcome<'retry'>,
  attempt: Attempt,
  { clock, maxDeliveries }: Pick<SettleDeps, 'clock' | 'maxDeliveries'>,
): boolean {
  const { delivery } = attempt;
  if (!delivery.queue.fifo || !retriesInPlace(outcome, attempt)) return false;
  const heldSeconds = (clock.monotonic() - delivery.receivedAt) / 1000;
  if (heldSeconds + outcome.delaySeconds + MARGIN_SECONDS > MAX_VISIBILITY_SECONDS) return false;
  // Half of the receives are for runs.
  const { redrivePolicy } = delivery.queue;
  const scarce = delivery.groupReceiveCount * 2 >= (redrivePolicy?.maxReceiveCount ?? maxDeliveries);
  return scarce || (outcome.delaySeconds <= HELD_SECONDS && delivery.mayStandAside);
}

/** What a task fails with whose retry could never arrive: run again, it would ask for the same. */
export function whyNoRetry(
  outcome: Outcome<'retry'>,
  attempt: Attempt,
  { sender, maxDeliveries }: SettleDeps,
): Failure | undefined {
  const { retry } = outcome;
  const { task, id } = attempt.request;
  if (retry.queue !== undefined && !sender.queue(retry.queue)) {
    const message = `Task ${task}[${id}] asks for a retry on queue '${retry.queue}', which is not one of this application's queues`;
    return { error: new InvalidTaskError(message, { cause: outcome.error }), exhausted: false };
  }
  if (!retriesInPlace(outcome, attempt)) return undefined;
  const { delivery, message } = attempt;
  if (mayRetryInPlace(delivery, maxDeliveries, receivesForEta(delivery, etaOf(message)))) return undefined;
  return { error: retry.cause ?? new MaxRetriesExceededError(task, id), exhausted: true };
}

/** Publishes the next attempt: the same id with one retry more. */
export async function republishRetry(
  { retry, delaySeconds }: Outcome<'retry'>,
  { message, delivery, request, task }: Attempt,
  { publisher, sender, clock, hostname, argsreprMaxsize }: SettleDeps,
): Promise<void> {
  const next = retryMessage(message, {
    now: clock.now(),
    countdown: delaySeconds,
    args: retry.args,
    kwargs: retry.kwargs,
    headers: retry.headers,
    queue: retry.queue ?? homeQueue(message, delivery, sender),
    defaultQueue: delivery.queue.name,
    retries: request.retries,
    ignoreResult: task.options.ignoreResult,
    origin: hostname,
    argsreprMaxsize,
  });
  await publisher.publish(next, {
    messageAttributes: ownAttributes(delivery),
    ...(delivery.messageGroupId !== undefined && { messageGroupId: delivery.messageGroupId }),
  });
}

/** A retry goes back to the queue the message names, or to the one it came from where that is not a queue of ours. */
function homeQueue(message: TaskMessage, delivery: Delivery, sender: MessageSender): string {
  const { exchange, routingKey } = message.properties.deliveryInfo;
  return !exchange && routingKey && sender.queue(routingKey) ? routingKey : delivery.queue.name;
}
