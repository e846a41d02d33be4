import {
  TaskRevokedError,
  type Clock,
  type Delivery,
  type MessageSender,
  type QueueInfo,
  type TaskPublisher,
} from '#celery';
import type { Attempt } from './attempt.js';
import { checkLease } from './check-lease.js';
import type { RecordedKind } from './idempotency/claim.js';
import type { WorkerEvents } from './events.js';
import { hasFollowUps, type FollowUps } from './follow-ups.js';
import type { InFlightWatch } from './in-flight-watch.js';
import type { Outcome, OutcomeKind } from './outcome.js';
import { park } from './park.js';
import { postpone } from './postpone.js';
import type { Quarantine } from './quarantine.js';
import type { RedeliveryDelay } from './redelivery-delay.js';
import type { Results } from './results.js';
import { isOneOf } from './retry-policy.js';
import { republishRetry, retriesInPlace, whyNoRetry } from './settle-retry.js';
import { whyUnsendable } from './unsendable.js';

export interface SettleDeps {
  readonly publisher: TaskPublisher;
  readonly sender: MessageSender;
  readonly quarantine: Quarantine;
  readonly followUps: FollowUps;
  /** Undefined: results are disabled. */
  readonly results: Results | undefined;
  readonly events: WorkerEvents;
  readonly clock: Clock;
  /** Node name of this worker, `celery@<host>`. */
  readonly hostname: string;
  readonly maxDeliveries: number;
  readonly redeliveryDelay: RedeliveryDelay;
  /** Undefined: the quota of messages in flight is not watched. */
  readonly inFlight: InFlightWatch | undefined;
  /** Longest representation of arguments in the headers of a retry. */
  readonly argsreprMaxsize: number | undefined;
}

type SettleTable = {
  [Kind in OutcomeKind]: (outcome: Outcome<Kind>, attempt: Attempt, deps: SettleDeps) => Promise<void> | void;
};

/**
 * What each outcome does with its message: the only place where a task's message is acknowledged, released, sent again or
 * moved. What follows the task is sent first, then its result is stored, and the delete comes last: at least once.
 */
const TABLE: SettleTable = {
  async success(outcome, attempt, deps) {
    const { result, runtimeSeconds } = outcome;
    const impossible = await whyUnsendable(async () => {
      if (hasFollowUps(attempt.message)) {
        await attempt.claim?.decide(outcome);
        await deps.followUps.sendAfterSuccess(attempt, result);
      }
      await deps.results?.succeeded(attempt, result);
    });
    if (impossible) return TABLE.failure({ kind: 'failure', error: impossible }, attempt, deps);
    await finish(outcome, attempt, deps.events);
    deps.events.emit('succeeded', { request: attempt.request, result, runtimeSeconds });
  },

  async failure(outcome, attempt, deps) {
    const { request, task } = attempt;
    if (outcome.exhausted) await exhausted(outcome.error, attempt, deps.events);
    await failed(outcome, attempt, deps);
    await endFailed(outcome, attempt, task.options.acksOnFailure, deps);
    deps.events.emit('failed', {
      request,
      error: outcome.error,
      expected: isOneOf(outcome.error, task.options.throws),
    });
  },

  async timeLimit(outcome, attempt, deps) {
    const { request, task } = attempt;
    await failed(outcome, attempt, deps);
    await endFailed(outcome, attempt, task.options.acksOnTimeout, deps);
    deps.events.emit('timeLimit', { request, seconds: outcome.error.seconds });
    deps.events.emit('failed', { request, error: outcome.error, expected: false });
  },

  async retry(outcome, attempt, deps) {
    const { request } = attempt;
    const impossible = whyNoRetry(outcome, attempt, deps);
    if (impossible) return TABLE.failure({ kind: 'failure', ...impossible }, attempt, deps);
    const unsendable = await whyUnsendable(() => retryOnce(outcome, attempt, deps));
    if (unsendable) return TABLE.failure({ kind: 'failure', error: unsendable }, attempt, deps);
    deps.events.emit('retried', { request, error: outcome.error, delaySeconds: outcome.delaySeconds });
  },

  async heldRetry({ error, delaySeconds }, attempt, { events, results }) {
    await results?.retried(attempt, error);
    await attempt.claim?.release({ retried: true });
    events.emit('retried', { request: attempt.request, error, delaySeconds });
  },

  async ignore(outcome, attempt, { events }) {
    await finish(outcome, attempt, events);
    events.emit('ignored', { request: attempt.request });
  },

  async reject(outcome, attempt, deps) {
    const { requeue, reason } = outcome;
    const { request, delivery, task } = attempt;
    deps.events.emit('rejected', { request, reason, requeue });
    if (!requeue) await failed(outcome, attempt, deps);
    if (!task.options.acksLate) return attempt.claim?.settle(outcome);
    if (requeue) return comeBack(attempt, deps.redeliveryDelay.ofRequeue(delivery, task.name));
    checkLease(delivery.lease);
    await attempt.claim?.settle(outcome);
    if (hasNoRedrivePolicy(delivery.queue)) return acknowledge(delivery, deps.events);
    await deps.quarantine.take(delivery, { reason: 'Reject', detail: reason, task: task.name, id: request.id });
  },

  async expired(_outcome, attempt, { events, results }) {
    const { request, delivery } = attempt;
    await results?.revoked(attempt, new TaskRevokedError('expired'));
    acknowledge(delivery, events);
    events.emit('expired', { request });
  },

  async revoked(outcome, attempt, { events, results }) {
    await results?.revoked(attempt, outcome.error);
    await finish(outcome, attempt, events);
    events.emit('revoked', { request: attempt.request, terminated: outcome.terminated });
  },

  async early({ delaySeconds }, { request, delivery }, deps) {
    const parkedSeconds = await park(delivery, delaySeconds, deps);
    deps.events.emit('parked', { request, delaySeconds: parkedSeconds });
  },

  async postponed({ delaySeconds, reason }, attempt, deps) {
    const seconds = await postpone(attempt, delaySeconds, deps);
    deps.events.emit('postponed', { request: attempt.request, reason, delaySeconds: seconds });
  },

  async duplicate({ decided, settled }, attempt, deps) {
    if (settled) await repeatResult(decided, attempt, deps);
    else return TABLE[decided.kind](decided as never, attempt, deps);
    acknowledge(attempt.delivery, deps.events);
    deps.events.emit('duplicate', { request: attempt.request });
  },

  async tooManyDeliveries(outcome, attempt, deps) {
    const { request, delivery } = attempt;
    await failed(outcome, attempt, deps);
    checkLease(delivery.lease);
    await attempt.claim?.settle(outcome);
    deps.events.emit('failed', { request, error: outcome.error, expected: false });
    if (hasNoRedrivePolicy(delivery.queue)) return acknowledge(delivery, deps.events);
    await deps.quarantine.take(delivery, {
      reason: 'WorkerLostError',
      detail: 'received too often without an outcome',
      task: request.task,
      id: request.id,
    });
  },
};

/** Carries out what `outcome` means for the message of `attempt`. Resolves with false where it could not: then the message comes back. */
export async function settle<Kind extends OutcomeKind>(
  outcome: Outcome<Kind>,
  attempt: Attempt,
  deps: SettleDeps,
): Promise<boolean> {
  const { delivery, request } = attempt;
  try {
    checkLease(delivery.lease);
    await TABLE[outcome.kind](outcome, attempt, deps);
    return true;
  } catch (error) {
    if (delivery.lease.lost) deps.events.emit('leaseLost', { request, reason: error });
    else await settleFailed(error, outcome, attempt, deps);
    return false;
  }
}

/** As much of an outcome as says whether its task was started. */
interface Ending {
  readonly kind: OutcomeKind;
  readonly terminated?: boolean;
}

async function settleFailed(error: unknown, outcome: Ending, attempt: Attempt, deps: SettleDeps): Promise<void> {
  const { delivery } = attempt;
  deps.events.emit('settleFailed', { delivery, error });
  if (isHeld(outcome, attempt)) await giveBack(delivery, deps.redeliveryDelay.ofRedrive(delivery));
}

const BEFORE_ITS_START = new Set<OutcomeKind>(['expired', 'early', 'postponed', 'duplicate', 'tooManyDeliveries']);

/** Whether the message is still on its queue: an early acknowledgement is made when the task starts. */
function isHeld(outcome: Ending, { task }: Attempt): boolean {
  if (task.options.acksLate || BEFORE_ITS_START.has(outcome.kind)) return true;
  return outcome.kind === 'revoked' && outcome.terminated === false;
}

/** Where its attributes could not be read, a queue may well have one: its messages are left to it. */
function hasNoRedrivePolicy({ redrivePolicy, visibilityTimeout }: QueueInfo): boolean {
  return redrivePolicy === undefined && visibilityTimeout !== undefined;
}

/** Lets a message that could not be settled come back: by its release or, where even that fails, by the end of its lease. */
export async function giveBack(delivery: Delivery, delaySeconds: number): Promise<void> {
  try {
    await delivery.release(delaySeconds);
  } catch {
    // The transport has logged it; the lease runs out.
  }
}

/** What follows a failure whatever becomes of the message: errbacks, and the stored FAILURE. */
async function failed(
  outcome: Outcome<'failure' | 'timeLimit' | 'reject' | 'tooManyDeliveries'>,
  attempt: Attempt,
  { followUps, results }: SettleDeps,
): Promise<void> {
  if (hasFollowUps(attempt.message)) await attempt.claim?.decide(outcome);
  if (outcome.kind !== 'reject') await followUps.sendAfterFailure(attempt);
  await results?.failed(attempt, outcome.error);
}

/** What the task's own `onExhausted` throws changes nothing any more. */
async function exhausted(error: unknown, { task, request }: Attempt, events: WorkerEvents): Promise<void> {
  try {
    await task.options.onExhausted?.(error, request);
  } catch (thrown) {
    events.emit('hookFailed', { hook: `onExhausted of task ${task.name}`, error: thrown });
  }
}

/** A failed task's message is deleted, or left to the redrive policy where its task says so. */
async function endFailed(
  outcome: Outcome<'failure' | 'timeLimit'>,
  attempt: Attempt,
  acks: boolean,
  deps: SettleDeps,
): Promise<void> {
  const { task, delivery } = attempt;
  if (acks || !task.options.acksLate) return finish(outcome, attempt, deps.events);
  await comeBack(attempt, deps.redeliveryDelay.ofRedrive(delivery, task.name));
}

/** RETRY is stored before the next attempt is sent: a late one would overwrite its outcome. */
async function retryOnce(outcome: Outcome<'retry'>, attempt: Attempt, deps: SettleDeps): Promise<void> {
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
async function comeBack({ claim, delivery }: Attempt, delaySeconds: number): Promise<void> {
  checkLease(delivery.lease);
  await claim?.release({ retried: true });
  await delivery.release(delaySeconds);
}

/** A later attempt may have stored its own state since: only what is final is stored again. */
async function repeatResult(decided: Outcome, attempt: Attempt, { results }: SettleDeps): Promise<void> {
  if (decided.kind === 'success') await results?.succeeded(attempt, decided.result);
  if (decided.kind === 'failure') await results?.failed(attempt, decided.error);
}

/** Everything is sent and stored: the message may go. */
async function finish(
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
function acknowledge(delivery: Delivery, events: WorkerEvents): void {
  delivery.acknowledge().catch((error: unknown) => events.emit('settleFailed', { delivery, error }));
}
