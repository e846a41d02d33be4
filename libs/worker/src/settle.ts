import {
  EncodeError,
  InvalidTaskError,
  retryMessage,
  type Clock,
  type Delivery,
  type MessageSender,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';
import { backOffSeconds } from './back-off.js';
import type { WorkerEvents } from './events.js';
import { hasFollowUps, type FollowUps } from './follow-ups.js';
import type { Outcome, OutcomeKind } from './outcome.js';
import { park } from './park.js';
import type { Quarantine } from './quarantine.js';
import { MAX_VISIBILITY_SECONDS, mayRetryInPlace } from './receive-budget.js';
import { ownAttributes } from './republish.js';
import { isOneOf } from './retry-policy.js';
import type { RegisteredTask } from './task-registry.js';
import type { TaskRequest } from './task-request.js';
import type { TimeLimits } from './time-limits.js';

/** One attempt at one task. */
export interface Attempt {
  readonly task: RegisteredTask;
  readonly message: TaskMessage;
  readonly request: TaskRequest;
  readonly delivery: Delivery;
  readonly limits: TimeLimits | undefined;
}

export interface SettleDeps {
  readonly publisher: TaskPublisher;
  readonly sender: MessageSender;
  readonly quarantine: Quarantine;
  readonly followUps: FollowUps;
  readonly events: WorkerEvents;
  readonly clock: Clock;
  /** Node name of this worker, `celery@<host>`. */
  readonly hostname: string;
  readonly maxDeliveries: number;
  /** Seconds until a message of a queue that is refused with `Reject(requeue)` is visible again. */
  readonly requeueDelay: (queue: string) => number;
  /** Longest representation of arguments in the headers of a retry. */
  readonly argsreprMaxsize: number | undefined;
}

type SettleTable = {
  [Kind in OutcomeKind]: (outcome: Outcome<Kind>, attempt: Attempt, deps: SettleDeps) => Promise<void> | void;
};

/**
 * What each outcome does with its message: the only place where a task's message is acknowledged, released, sent again or
 * moved. Whatever has to be sent is sent first, and the delete comes last: at least once.
 */
const TABLE: SettleTable = {
  async success({ result, runtimeSeconds }, attempt, deps) {
    const { request, delivery, message } = attempt;
    if (hasFollowUps(message)) {
      try {
        await deps.followUps.sendAfterSuccess(attempt, result);
      } catch (error) {
        // Run again, the task would give the same result: it has failed, as in Celery.
        if (error instanceof EncodeError) return TABLE.failure({ kind: 'failure', error }, attempt, deps);
        throw error;
      }
    }
    acknowledge(delivery, deps.events);
    deps.events.emit('succeeded', { request, result, runtimeSeconds });
  },

  async failure({ error }, attempt, { events, followUps }) {
    const { request, task, delivery } = attempt;
    await followUps.sendAfterFailure(attempt);
    if (task.options.acksOnFailure || !task.options.acksLate) acknowledge(delivery, events);
    else await leaveToRedrive(delivery);
    events.emit('failed', { request, error, expected: isOneOf(error, task.options.throws) });
  },

  async timeLimit({ error }, attempt, { events, followUps }) {
    const { request, task, delivery } = attempt;
    await followUps.sendAfterFailure(attempt);
    if (task.options.acksOnTimeout || !task.options.acksLate) acknowledge(delivery, events);
    else await leaveToRedrive(delivery);
    events.emit('timeLimit', { request, seconds: error.seconds });
    events.emit('failed', { request, error, expected: false });
  },

  async retry(outcome, attempt, deps) {
    const { request } = attempt;
    const impossible = whyNoRetry(outcome, attempt, deps);
    if (impossible !== undefined) return TABLE.failure({ kind: 'failure', error: impossible }, attempt, deps);
    if (retriesInPlace(outcome, attempt)) {
      await attempt.delivery.release(Math.ceil(outcome.delaySeconds));
    } else {
      await republishRetry(outcome, attempt, deps);
      acknowledge(attempt.delivery, deps.events);
    }
    deps.events.emit('retried', { request, error: outcome.error, delaySeconds: outcome.delaySeconds });
  },

  ignore(_outcome, { request, delivery }, { events }) {
    acknowledge(delivery, events);
    events.emit('ignored', { request });
  },

  async reject({ requeue, reason }, { request, delivery, task }, { events, quarantine, requeueDelay }) {
    events.emit('rejected', { request, reason, requeue });
    if (!task.options.acksLate) return;
    if (requeue) return delivery.release(requeueDelay(delivery.queue.name));
    if (delivery.queue.redrivePolicy === undefined) return acknowledge(delivery, events);
    await quarantine.take(delivery, { reason: 'Reject', detail: reason });
  },

  expired(_outcome, { request, delivery }, { events }) {
    acknowledge(delivery, events);
    events.emit('expired', { request });
  },

  async early({ delaySeconds }, { request, delivery }, deps) {
    const parkedSeconds = await park(delivery, delaySeconds, deps);
    deps.events.emit('parked', { request, delaySeconds: parkedSeconds });
  },

  async tooManyDeliveries({ error }, attempt, { events, quarantine, followUps }) {
    const { request, delivery } = attempt;
    await followUps.sendAfterFailure(attempt);
    events.emit('failed', { request, error, expected: false });
    // Where its attributes could not be read, the queue may well have a redrive policy: the message is left to it.
    if (delivery.queue.visibilityTimeout !== undefined) return acknowledge(delivery, events);
    await quarantine.take(delivery, { reason: 'WorkerLostError', detail: 'received too often without an outcome' });
  },
};

/** Carries out what `outcome` means for the message of `attempt`. */
export async function settle<Kind extends OutcomeKind>(
  outcome: Outcome<Kind>,
  attempt: Attempt,
  deps: SettleDeps,
): Promise<void> {
  const { delivery, request } = attempt;
  if (delivery.lease.lost) {
    // Another consumer may have it by now, and its outcome is the one that counts.
    deps.events.emit('leaseLost', { request, reason: delivery.lease.signal.reason });
    return;
  }
  try {
    await TABLE[outcome.kind](outcome, attempt, deps);
  } catch (error) {
    deps.events.emit('settleFailed', { delivery, error });
    if (attempt.task.options.acksLate) await delivery.release(backOffSeconds(delivery.receiveCount));
  }
}

/**
 * Queues the delete. Not awaited: the slot is free as soon as the delete is queued, and the transport keeps the lease until
 * SQS has confirmed it.
 */
function acknowledge(delivery: Delivery, events: WorkerEvents): void {
  delivery.acknowledge().catch((error: unknown) => events.emit('settleFailed', { delivery, error }));
}

/** Out of sight for a while, and then received again until the redrive policy takes it. */
function leaveToRedrive(delivery: Delivery): Promise<void> {
  return delivery.release(backOffSeconds(delivery.receiveCount));
}

/**
 * On a FIFO queue a retry keeps its place: the message itself becomes visible again after the delay and its group waits. A
 * retry that changes the message has to be a new one.
 */
function retriesInPlace({ retry, delaySeconds }: Outcome<'retry'>, { delivery, task }: Attempt): boolean {
  const changed = retry.args ?? retry.kwargs ?? retry.queue ?? retry.headers;
  const unchanged = changed === undefined && delaySeconds < MAX_VISIBILITY_SECONDS / 2;
  return delivery.queue.fifo && task.options.acksLate && unchanged;
}

/** What a task fails with whose retry could never arrive: run again, it would ask for the same. */
function whyNoRetry(outcome: Outcome<'retry'>, attempt: Attempt, { sender, maxDeliveries }: SettleDeps): unknown {
  const { queue } = outcome.retry;
  if (queue !== undefined && !sender.queue(queue)) {
    const { task, id } = attempt.request;
    const message = `Task ${task}[${id}] asks for a retry on queue '${queue}', which is not one of this application's queues`;
    return new InvalidTaskError(message, { cause: outcome.error });
  }
  const exhausted = retriesInPlace(outcome, attempt) && !mayRetryInPlace(attempt.delivery, maxDeliveries);
  return exhausted ? outcome.error : undefined;
}

async function republishRetry(
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
