import { TaskRevokedError } from '#celery';
import type { Attempt } from '../attempt.js';
import { checkLease } from '../check-lease.js';
import { isExpected } from '../failure-of.js';
import { hasFollowUps } from '../follow-ups.js';
import type { Outcome, OutcomeKind } from '../outcome.js';
import { park } from '../park.js';
import { postpone } from '../postpone.js';
import type { SettleDeps } from './settle.js';
import { whyNoRetry } from './settle-retry.js';
import {
  acknowledge,
  endFailed,
  exhausted,
  failed,
  finish,
  hasNoRedrivePolicy,
  rejected,
  repeatResult,
  retryOnce,
  succeeded,
} from './settle-steps.js';
import { whyUnsendable } from '../unsendable.js';

type SettleTable = {
  [Kind in OutcomeKind]: (outcome: Outcome<Kind>, attempt: Attempt, deps: SettleDeps) => Promise<void> | void;
};

/**
 * What each outcome does with its message: the only place where a task's message is acknowledged, released, sent again or
 * moved. What follows the task is sent first, then its result is stored, and the delete comes last: at least once.
 */
export const SETTLE_TABLE: SettleTable = {
  async success(outcome, attempt, deps) {
    const { result, runtimeSeconds } = outcome;
    // Without results, most tasks have nothing to send or to store.
    const isFollowed = deps.results !== undefined || hasFollowUps(attempt.message);
    const impossible = isFollowed && (await whyUnsendable(() => succeeded(outcome, attempt, deps)));
    if (impossible) return SETTLE_TABLE.failure({ kind: 'failure', error: impossible }, attempt, deps);
    await finish(outcome, attempt, deps.events);
    deps.events.emit('succeeded', { request: attempt.request, result, runtimeSeconds });
  },

  async replaced(outcome, attempt, deps) {
    const impossible = await whyUnsendable(async () => {
      await attempt.claim?.decide(outcome);
      await deps.continuations.sendAdditions(attempt, outcome.added ?? []);
      await deps.continuations.sendReplacement(attempt, outcome.signature);
    });
    if (impossible) return SETTLE_TABLE.failure({ kind: 'failure', error: impossible }, attempt, deps);
    await finish(outcome, attempt, deps.events);
    deps.events.emit('replaced', { request: attempt.request });
  },

  async failure(outcome, attempt, deps) {
    const { request, task } = attempt;
    if (outcome.exhausted) await exhausted(outcome.error, attempt, deps.events);
    await failed(outcome, attempt, deps);
    await endFailed(outcome, attempt, task.options.acksOnFailure, deps);
    deps.events.emit('failed', {
      request,
      error: outcome.error,
      expected: isExpected(outcome, task.options),
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
    if (impossible) return SETTLE_TABLE.failure({ kind: 'failure', ...impossible }, attempt, deps);
    const unsendable = await whyUnsendable(() => retryOnce(outcome, attempt, deps));
    if (unsendable) return SETTLE_TABLE.failure({ kind: 'failure', error: unsendable }, attempt, deps);
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
    await rejected(outcome, attempt, deps);
    deps.events.emit('rejected', { request: attempt.request, reason, requeue });
  },

  async expired(_outcome, attempt, { events, results, chords }) {
    const { request, delivery } = attempt;
    const error = new TaskRevokedError('expired');
    await results?.revoked(attempt, error);
    await chords?.revoked(attempt, error);
    checkLease(delivery.lease);
    acknowledge(delivery, events);
    events.emit('expired', { request });
  },

  async revoked(outcome, attempt, { events, results, chords }) {
    await results?.revoked(attempt, outcome.error);
    await chords?.revoked(attempt, outcome.error);
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
    else await SETTLE_TABLE[decided.kind](decided as never, attempt, deps);
    // An outcome that leaves its message where it is has done so; deleted twice does no harm.
    if (!settled && attempt.task.options.acksLate) return;
    acknowledge(attempt.delivery, deps.events);
    if (settled) deps.events.emit('duplicate', { request: attempt.request });
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
