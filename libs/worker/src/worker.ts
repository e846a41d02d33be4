import {
  WorkerLostError,
  decodeMessage,
  type Clock,
  type DecodedMessage,
  type DecodeOptions,
  type Delivery,
  type DeliveryHandler,
  type MessageSender,
  type RefusedMessage,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';
import type { NotMineReason, WorkerEvents } from './events.js';
import { execute } from './execute.js';
import { FollowUps, hasFollowUps } from './follow-ups.js';
import { etaOf, expiresOf, isExpired, untilDue } from './moments.js';
import { NotMine, type UnknownTaskPolicy } from './not-mine.js';
import type { Outcome } from './outcome.js';
import { secondsUntilDue } from './park.js';
import { Quarantine, type PoisonPolicy } from './quarantine.js';
import { isCrashLooping, mayBeParked, receivesForEta } from './receive-budget.js';
import { giveBack, settle, type Attempt, type SettleDeps } from './settle.js';
import type { RegisteredTask, TaskRegistry } from './task-registry.js';
import { TaskRequest } from './task-request.js';
import { TimeLimits } from './time-limits.js';

export interface WorkerOptions {
  /** Receives after which a message is not run again where its queue has no redrive policy. Default: 10. */
  readonly maxDeliveries?: number;
  /** What to do with tasks this worker does not know. Default: `handBack`. */
  readonly unknownTask?: UnknownTaskPolicy;
  /** What to do with messages of a FIFO queue without dead-letter queue that nobody can run. Default: `block`. */
  readonly poison?: PoisonPolicy;
  /** Seconds until a message of a queue that is refused with `Reject(requeue)` is visible again. Default: 20. */
  readonly requeueDelay?: (queue: string) => number;
  /** Longest representation of arguments in the headers of a retry; 0 leaves them out. Default: 1024. */
  readonly argsreprMaxsize?: number;
}

export interface WorkerDeps {
  readonly registry: TaskRegistry;
  readonly publisher: TaskPublisher;
  readonly sender: MessageSender;
  readonly clock: Clock;
  readonly events: WorkerEvents;
  /** Node name, `celery@<host>`. */
  readonly hostname: string;
  /** The queue of a task that names none. */
  readonly route: (task: string) => string;
  readonly decode?: DecodeOptions;
  readonly options?: WorkerOptions;
}

const DEFAULT_MAX_DELIVERIES = 10;
const DEFAULT_REQUEUE_DELAY = 20;

/** The way of a message through a worker: decode, resolve by task name, execute, settle. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #settleDeps: SettleDeps;
  readonly #quarantine: Quarantine;
  readonly #notMine: NotMine;

  constructor(deps: WorkerDeps) {
    const { publisher, sender, events, clock, hostname, options = {} } = deps;
    const { maxDeliveries = DEFAULT_MAX_DELIVERIES, requeueDelay = () => DEFAULT_REQUEUE_DELAY } = options;
    this.#deps = deps;
    this.#quarantine = new Quarantine({ sender, hostname, events, ...(options.poison && { poison: options.poison }) });
    this.#notMine = new NotMine(sender, this.#quarantine, options.unknownTask);
    this.#settleDeps = {
      publisher,
      sender,
      quarantine: this.#quarantine,
      followUps: new FollowUps({
        publisher,
        sender,
        clock,
        hostname,
        route: deps.route,
        argsreprMaxsize: options.argsreprMaxsize,
      }),
      events,
      clock,
      hostname,
      maxDeliveries,
      requeueDelay,
      argsreprMaxsize: options.argsreprMaxsize,
    };
  }

  /** Runs one delivery to its end. Never rejects: what cannot be settled comes back by its lease. */
  readonly handle: DeliveryHandler = async (delivery) => {
    try {
      await this.#dispatch(delivery, decodeMessage(delivery.body, this.#deps.decode));
    } catch (error) {
      this.#deps.events.emit('settleFailed', { delivery, error });
      await giveBack(delivery);
    }
  };

  async #dispatch(delivery: Delivery, decoded: DecodedMessage): Promise<void> {
    switch (decoded.kind) {
      case 'task':
        return this.#resolve(delivery, decoded.message);
      case 'refused':
        return this.#handBack(delivery, decoded, 'ContentDisallowed', refusal(decoded));
      case 'foreign':
        return this.#poison(delivery, 'UnknownMessage', `not a message of Celery's (${decoded.format})`);
      case 'malformed':
        return this.#poison(delivery, `Malformed:${decoded.reason}`, decoded.detail);
    }
  }

  async #resolve(delivery: Delivery, message: TaskMessage): Promise<void> {
    const task = this.#deps.registry.get(message.headers.task);
    const { headers } = message;
    if (!task) return this.#handBack(delivery, headers, 'NotRegistered', `unregistered task of type '${headers.task}'`);
    if (hasFollowUps(message) && !this.#settleDeps.followUps.canSend(message)) {
      const detail = `task '${headers.task}' of a workflow which cannot be continued from here`;
      return this.#handBack(delivery, headers, 'Workflow', detail);
    }
    const attempt = this.#attempt(task, message, delivery);
    const outcome = this.#withoutRunning(attempt) ?? (await this.#run(attempt));
    if (!outcome) return;
    await settle(outcome, attempt, this.#settleDeps);
    if (outcome.kind === 'timeLimit') await this.#outlive(attempt, outcome.handler);
  }

  #attempt(task: RegisteredTask, message: TaskMessage, delivery: Delivery): Attempt {
    const limits = TimeLimits.of(message.headers, task.options, delivery.lease, this.#deps.clock);
    const request = new TaskRequest({
      message,
      delivery,
      retries: message.headers.retries + retriesInPlace(task, message, delivery),
      maxRetries: task.options.maxRetries,
      hostname: this.#deps.hostname,
      signal: limits?.signal ?? delivery.lease.signal,
    });
    return { task, message, delivery, request, limits };
  }

  /** Keeps the slot while a handler that is past its hard limit still runs, but not for ever. */
  async #outlive({ limits, request }: Attempt, handler: Promise<unknown>): Promise<void> {
    if ((await limits?.outlive(handler)) === 'zombie') this.#deps.events.emit('zombie', { request });
  }

  /** The outcome of a message that is not to be run now, or undefined when it is. */
  #withoutRunning({ message, delivery }: Attempt): Outcome | undefined {
    const { clock } = this.#deps;
    if (isExpired(message, clock)) return { kind: 'expired' };
    const expires = expiresOf(message);
    const eta = etaOf(message);
    const delaySeconds = secondsUntilDue(
      eta === undefined || expires === undefined ? eta : Math.min(eta, expires),
      clock,
    );
    if (delaySeconds > 0 && mayBeParked(delivery)) return { kind: 'early', delaySeconds };
    if (isCrashLooping(delivery, this.#settleDeps.maxDeliveries, receivesForEta(delivery, eta))) {
      const error = new WorkerLostError(`received ${delivery.receiveCount} times without an outcome`);
      return { kind: 'tooManyDeliveries', error };
    }
    return undefined;
  }

  async #run(attempt: Attempt): Promise<Outcome | undefined> {
    const { task, message, request, delivery } = attempt;
    const { events, clock } = this.#deps;
    const due = untilDue(message, delivery, clock);
    if (due) {
      if (!(await due)) return undefined;
      if (isExpired(message, clock)) return { kind: 'expired' };
    }
    events.emit('received', { request });
    if (!task.options.acksLate && !(await this.#acknowledgeEarly(delivery))) return undefined;
    events.emit('started', { request });
    return execute(attempt, clock, events);
  }

  /** At most once: without a confirmed delete the task is not started. */
  async #acknowledgeEarly(delivery: Delivery): Promise<boolean> {
    try {
      await delivery.acknowledge();
      return true;
    } catch (error) {
      this.#deps.events.emit('settleFailed', { delivery, error });
      return false;
    }
  }

  async #handBack(
    delivery: Delivery,
    { task, id }: { readonly task?: string | undefined; readonly id?: string | undefined },
    reason: NotMineReason,
    detail: string,
  ): Promise<void> {
    const action = await this.#notMine.settle(delivery, { reason, detail });
    this.#deps.events.emit('notMine', { delivery, task, id, reason, detail, action });
  }

  async #poison(delivery: Delivery, reason: string, detail: string): Promise<void> {
    const action = await this.#quarantine.take(delivery, { reason, detail });
    this.#deps.events.emit('poison', { delivery, reason, detail, action });
  }
}

/**
 * A FIFO queue retries in place: the message stays as it was, and only SQS counts its attempts, along with the receives at which it
 * was parked or handed back unstarted.
 */
function retriesInPlace({ options }: RegisteredTask, message: TaskMessage, delivery: Delivery): number {
  if (!delivery.queue.fifo || !options.acksLate) return 0;
  const others = delivery.unstartedReceives + receivesForEta(delivery, etaOf(message));
  return Math.max(0, delivery.receiveCount - 1 - others);
}

function refusal({ contentType, compression }: RefusedMessage): string {
  return compression === undefined
    ? `content type ${contentType}`
    : `compression ${compression}, which is not installed`;
}
