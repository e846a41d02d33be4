import { WorkerLostError, sleep, type Clock, type Delivery, type TaskMessage } from '#celery';
import type { Admission, Admitted } from './admission/admission.js';
import type { Attempt } from './attempt.js';
import type { WorkerEvents } from './events.js';
import { execute } from './execute.js';
import type { Claim, Claimed } from './idempotency/claim.js';
import type { Idempotency } from './idempotency/idempotency.js';
import { etaOf, expiresOf, isExpired, untilDueMs } from './moments.js';
import type { Outcome } from './outcome.js';
import { secondsUntilDue } from './park.js';
import { isCrashLooping, mayBeParked, mayBePostponed, receivesForEta, retriesInPlaceOf } from './receive-budget.js';
import type { Revocations } from './revocations.js';
import { settle, type SettleDeps } from './settle/settle.js';
import { isHeldRetry } from './settle/settle-retry.js';
import { StateUpdates } from './state-updates.js';
import type { RegisteredTask } from './task-registry.js';
import { TaskRequest } from './task-request.js';
import { postrun } from './task-signals.js';
import { TimeLimits } from './time-limits.js';

export interface TaskRunnerDeps {
  readonly settle: SettleDeps;
  readonly clock: Clock;
  readonly events: WorkerEvents;
  /** Node name, `celery@<host>`. */
  readonly hostname: string;
  readonly admission: Admission;
  /** Undefined: attempts are not remembered. */
  readonly idempotency: Idempotency | undefined;
  /** Undefined: tasks cannot be revoked. */
  readonly revocations: Revocations | undefined;
}

/** A task's message that a worker holds. */
type Received = Pick<Attempt, 'task' | 'message' | 'delivery'>;

/** The message is kept for its next attempt. */
type HeldRetry = Pick<Outcome<'heldRetry'>, 'delaySeconds'>;

/** The life of one task's message in this worker: whether it runs now, its run, and what comes of it. */
export class TaskRunner {
  readonly #deps: TaskRunnerDeps;

  constructor(deps: TaskRunnerDeps) {
    this.#deps = deps;
  }

  /** Resolves when the message is settled, or was taken away. */
  async run(task: RegisteredTask, message: TaskMessage, delivery: Delivery): Promise<void> {
    const received = { task, message, delivery };
    let heldRetries = 0;
    for (let next = await this.#once(received, heldRetries); next; next = await this.#once(received, heldRetries)) {
      if (!(await this.#waitForRetry(delivery, next.delaySeconds))) return;
      heldRetries += 1;
    }
  }

  #once(received: Received, heldRetries: number): Promise<HeldRetry | undefined> {
    const { admission, revocations, clock } = this.#deps;
    const attempt = this.#attempt(received, heldRetries);
    const outcome = this.#untimely(attempt);
    if (outcome) return this.#end(outcome, attempt);
    // Most tasks have nobody to ask and nothing to wait for.
    const isFree = !revocations && untilDueMs(received.message, clock) === 0 && !admission.limits(attempt);
    return isFree ? this.#begin(attempt) : this.#onceAdmitted(attempt);
  }

  async #onceAdmitted(attempt: Attempt): Promise<HeldRetry | undefined> {
    const { admission, revocations, clock } = this.#deps;
    const revoked = revocations && (await this.#revoked(attempt, revocations));
    if (revoked) return this.#end(revoked, attempt);
    const waitMs = untilDueMs(attempt.message, clock);
    if (waitMs > 0 && !(await this.#wait(attempt.delivery, waitMs))) return undefined;
    const admitted = admission.limits(attempt) ? await admission.admit(attempt) : undefined;
    if (admitted === 'takenAway') return undefined;
    return this.#admitted(attempt, admitted, waitMs > 0 || admitted !== undefined);
  }

  async #admitted(attempt: Attempt, admitted: Admitted | undefined, waited: boolean): Promise<HeldRetry | undefined> {
    if (admitted?.kind === 'postponed') return this.#end(admitted, attempt);
    try {
      const tooLate = waited && (await this.#tooLate(attempt));
      if (tooLate) return await this.#end(tooLate, attempt);
      return await this.#begin(attempt);
    } finally {
      admitted?.release();
    }
  }

  #begin(attempt: Attempt): Promise<HeldRetry | undefined> {
    const { idempotency } = this.#deps;
    return idempotency ? this.#unlessDuplicate(attempt, idempotency) : this.#start(attempt);
  }

  /** The outcome of a message that has expired, or was revoked, while it waited. */
  async #tooLate(attempt: Attempt): Promise<Outcome | undefined> {
    const { clock, revocations } = this.#deps;
    if (isExpired(attempt.message, clock)) return { kind: 'expired' };
    return revocations && this.#revoked(attempt, revocations);
  }

  /** Runs the attempt, unless another delivery has or does. */
  async #unlessDuplicate(attempt: Attempt, idempotency: Idempotency): Promise<HeldRetry | undefined> {
    const claimed = await idempotency.claim(attempt);
    switch (claimed.kind) {
      case 'running':
        return this.#later(attempt, claimed.leaseSeconds, idempotency);
      case 'settled':
        return this.#end({ kind: 'duplicate', decided: claimed.decided, settled: true }, attempt);
      case 'claimed':
        return this.#claimed(attempt, claimed);
    }
  }

  /** A copy of the message runs: this one waits for its outcome, out of sight or, where it must be, under its lease. */
  async #later(attempt: Attempt, leaseSeconds: number, idempotency: Idempotency): Promise<HeldRetry | undefined> {
    const { delivery } = attempt;
    if (mayBePostponed(delivery)) {
      return this.#end({ kind: 'postponed', delaySeconds: Math.ceil(leaseSeconds), reason: 'duplicate' }, attempt);
    }
    const isOurs = await this.#wait(delivery, leaseSeconds * 1000);
    return isOurs ? this.#unlessDuplicate(attempt, idempotency) : undefined;
  }

  async #claimed(attempt: Attempt, { claim, decided }: Claimed<'claimed'>): Promise<HeldRetry | undefined> {
    const claimedAttempt = this.#attempt(attempt, 0, claim);
    try {
      if (decided) return await this.#end({ kind: 'duplicate', decided, settled: false }, claimedAttempt);
      if (isGivenUp(claim, attempt.task)) {
        return await this.#end({ kind: 'failure', error: workerLost(attempt.delivery) }, claimedAttempt);
      }
      return await this.#start(claimedAttempt);
    } finally {
      claim.end();
    }
  }

  async #start(attempt: Attempt): Promise<HeldRetry | undefined> {
    const { events, settle: deps } = this.#deps;
    events.emit('received', { request: attempt.request });
    // Most tasks have nothing to wait for.
    const { acksLate, trackStarted } = attempt.task.options;
    if ((trackStarted || !acksLate) && !(await this.#mayStart(attempt))) return undefined;
    events.emit('started', { request: attempt.request });
    const outcome = await this.#execute(attempt);
    if (outcome.kind === 'retry' && isHeldRetry(outcome, attempt, deps)) {
      return (await settle({ ...outcome, kind: 'heldRetry' }, attempt, deps)) ? outcome : undefined;
    }
    await settle(outcome, attempt, deps);
    if (outcome.kind === 'timeLimit') await this.#outlive(attempt, outcome.handler);
    return undefined;
  }

  /** STARTED is stored before an early acknowledgement: what cannot be stored sends the message back, if it is still there. */
  async #mayStart(attempt: Attempt): Promise<boolean> {
    const { acksLate, trackStarted } = attempt.task.options;
    let mayStart = false;
    try {
      if (trackStarted) await this.#deps.settle.results?.started(attempt);
      mayStart = acksLate || (await this.#acknowledgeEarly(attempt.delivery));
      return mayStart;
    } finally {
      // Nobody has died with it: whoever receives it next runs it, even with rejectOnWorkerLost: false.
      if (!mayStart) await attempt.claim?.release({ retried: false });
    }
  }

  async #execute(attempt: Attempt): Promise<Outcome> {
    const { events, clock, revocations } = this.#deps;
    const unwatch = attempt.interrupt && revocations?.watch(attempt.message, attempt.interrupt);
    const outcome = await execute(attempt, clock, events);
    unwatch?.();
    if (events.signals.has('taskPostrun')) await postrun(outcome, attempt.request, events.signals);
    const stored = attempt.states?.end();
    if (stored) await stored;
    return outcome;
  }

  /** `heldRetries`: retries since the message was received, which nobody but this process has counted. */
  #attempt({ task, message, delivery }: Received, heldRetries: number, claim?: Claim): Attempt {
    const { clock, hostname, revocations } = this.#deps;
    const { results } = this.#deps.settle;
    const { lease } = delivery;
    const states: StateUpdates = new StateUpdates(results && ((state, meta) => results.updated(attempt, state, meta)));
    let interrupt = revocations && new AbortController();
    const limits = TimeLimits.of(message.headers, task.options, {
      lease,
      clock,
      interrupt: () => (interrupt ??= new AbortController()),
    });
    const inPlace = claim?.attempt ?? retriesInPlaceOf(task.options, delivery, etaOf(message)) + heldRetries;
    const request = new TaskRequest({
      message,
      delivery,
      retries: message.headers.retries + inPlace,
      maxRetries: task.options.maxRetries,
      hostname,
      signal: () => anyOf([lease.signal, interrupt?.signal, claim?.signal]),
      states,
    });
    const attempt: Attempt = { task, message, delivery, request, limits, interrupt, states, ...(claim && { claim }) };
    return attempt;
  }

  /** The outcome of a message whose time has not come or is over, or undefined. */
  #untimely({ message, delivery }: Attempt): Outcome | undefined {
    const { clock } = this.#deps;
    if (isExpired(message, clock)) return { kind: 'expired' };
    const expires = expiresOf(message);
    const eta = etaOf(message);
    const delaySeconds = secondsUntilDue(
      eta === undefined || expires === undefined ? eta : Math.min(eta, expires),
      clock,
    );
    if (delaySeconds > 0 && mayBeParked(delivery)) return { kind: 'early', delaySeconds };
    if (isCrashLooping(delivery, this.#deps.settle.maxDeliveries, receivesForEta(delivery, eta))) {
      return { kind: 'tooManyDeliveries', error: workerLost(delivery) };
    }
    return undefined;
  }

  async #revoked({ message }: Attempt, revocations: Revocations): Promise<Outcome | undefined> {
    const error = await revocations.find(message);
    return error && { kind: 'revoked', error, terminated: false };
  }

  /** Waits without a slot; false when the message was taken away meanwhile. */
  #wait(delivery: Delivery, milliseconds: number): Promise<boolean> {
    return delivery.standAside(sleep(this.#deps.clock, milliseconds, delivery.lease.signal));
  }

  /** Waits for the next attempt; another worker must not begin it earlier. */
  #waitForRetry(delivery: Delivery, delaySeconds: number): Promise<boolean> {
    const { clock } = this.#deps;
    const due = clock.monotonic() + delaySeconds * 1000;
    const handBackSeconds = (): number => Math.max(0, Math.ceil((due - clock.monotonic()) / 1000));
    return delivery.standAside(sleep(clock, delaySeconds * 1000, delivery.lease.signal), { handBackSeconds });
  }

  async #end(outcome: Outcome, attempt: Attempt): Promise<undefined> {
    await settle(outcome, attempt, this.#deps.settle);
  }

  /** At most once: without a confirmed delete the task is not started. */
  async #acknowledgeEarly(delivery: Delivery): Promise<boolean> {
    try {
      await delivery.acknowledge({ early: true });
      return true;
    } catch (error) {
      this.#deps.events.emit('settleFailed', { delivery, error });
      return false;
    }
  }

  /** Keeps the slot while a handler that is past its hard limit still runs, but not for ever. */
  async #outlive({ limits, request }: Attempt, handler: Promise<unknown>): Promise<void> {
    if ((await limits?.outlive(handler)) === 'zombie') this.#deps.events.emit('zombie', { request });
  }
}

/** Most tasks need no signal but their lease's. */
function anyOf(signals: readonly [AbortSignal, ...(AbortSignal | undefined)[]]): AbortSignal {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length === 1 ? signals[0] : AbortSignal.any(given);
}

/** A task that must not run again after a worker died with it. */
function isGivenUp({ workerLost: lost }: Claim, { options }: RegisteredTask): boolean {
  return lost && options.acksLate && !options.rejectOnWorkerLost;
}

function workerLost({ receiveCount }: Delivery): WorkerLostError {
  return new WorkerLostError(`received ${receiveCount} times without an outcome`);
}
