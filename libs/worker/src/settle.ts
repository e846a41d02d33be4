import {
  SqsCeleryError,
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
import { isOneOf } from './retry-policy.js';
import { republishRetry, retriesInPlace, whyNoRetry } from './settle-retry.js';
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
      const unsendable = await whyUnsendable(() => deps.followUps.sendAfterSuccess(attempt, result));
      if (unsendable) return TABLE.failure({ kind: 'failure', error: unsendable }, attempt, deps);
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
      const unsendable = await whyUnsendable(() => republishRetry(outcome, attempt, deps));
      if (unsendable) return TABLE.failure({ kind: 'failure', error: unsendable }, attempt, deps);
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
    if (attempt.task.options.acksLate) await giveBack(delivery);
  }
}

/** Lets a message that could not be settled come back: by its release or, where even that fails, by the end of its lease. */
export async function giveBack(delivery: Delivery): Promise<void> {
  try {
    await delivery.release(backOffSeconds(delivery.receiveCount));
  } catch {
    // The transport has logged it; the lease runs out.
  }
}

/**
 * Sends. Answers the error where the same could never be sent: run again, the task would come to the same, and so it has
 * failed, as in Celery.
 */
async function whyUnsendable(send: () => Promise<void>): Promise<SqsCeleryError | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    if (error instanceof SqsCeleryError && UNSENDABLE.has(error.code)) return error;
    throw error;
  }
}

const UNSENDABLE = new Set([
  'SQS_CELERY_ENCODE',
  'SQS_CELERY_INVALID_TASK',
  'SQS_CELERY_MESSAGE_TOO_LARGE',
  'SQS_CELERY_UNSUPPORTED_COMPRESSION',
]);

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
