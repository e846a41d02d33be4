import {
  NotRegistered,
  decodeWithLibraries,
  type Clock,
  type DecodedMessage,
  type DecodeOptions,
  type Delivery,
  type DeliveryHandler,
  type ForeignMessage,
  type IdempotencyStore,
  type MessageSender,
  type RefusedMessage,
  type ResultStore,
  type RevocationStore,
  type Routed,
  type RoutedCall,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';
import { Admission, type AdmissionHook } from './admission/admission.js';
import { knownTasks, type BuiltInTask, type KnownTasks } from './builtins/index.js';
import { following } from './chords/chords-assembly.js';
import type { NotMineReason, WorkerEvents } from './events.js';
import { hasFollowUps } from './follow-ups.js';
import { Idempotency } from './idempotency/idempotency.js';
import { InFlightWatch, type InFlightWatchDeps } from './in-flight-watch.js';
import { NotMine, type UnknownTaskPolicy } from './not-mine.js';
import { DeadLetterNotices, type DeadLetterHook } from './dead-letters/dead-letter-hook.js';
import type { RawHandlers } from './raw-messages/raw-handlers.js';
import { RawMessages } from './raw-messages/raw-messages.js';
import { Quarantine, type PoisonPolicy } from './quarantine.js';
import { RedeliveryDelay, type BackoffOptions } from './redelivery-delay.js';
import { Results } from './results.js';
import { Revocations } from './revocations.js';
import { TaskRunner } from './run-task.js';
import { giveBack, type SettleDeps } from './settle/settle.js';
import type { TaskOptions } from './task-options.js';
import type { TaskRegistry } from './task-registry.js';

export interface WorkerOptions extends BackoffOptions {
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
  /** Whether results are stored with name, arguments and worker (Celery's `result_extended`). Default: false. */
  readonly resultExtended?: boolean;
  /** Options of the built-in tasks. Default: Celery's. */
  readonly taskDefaults?: TaskOptions;
  /** Asked before each task starts. Default: none. */
  readonly admission?: AdmissionHook;
  /** How many tasks with `pool: 'threads'` run at once. Default: no limit of their own. */
  readonly threads?: number;
  /** Told of each message that was moved to a dead-letter queue, or deleted under `poison: 'delete'`. Default: none. */
  readonly onDeadLetter?: DeadLetterHook;
}

/** What a worker remembers outside of itself; each is optional. */
export interface WorkerStores {
  readonly results?: ResultStore | undefined;
  readonly idempotency?: IdempotencyStore | undefined;
  readonly revocations?: RevocationStore | undefined;
}

export interface WorkerDeps {
  readonly registry: TaskRegistry;
  /** Handlers of messages that are not Celery's. Default: none. */
  readonly rawHandlers?: RawHandlers;
  /** The text of an error that says more than its `message`. Default: the message. */
  readonly messageOf?: (error: Error) => string | undefined;
  readonly publisher: TaskPublisher;
  readonly sender: MessageSender;
  readonly clock: Clock;
  readonly events: WorkerEvents;
  /** Node name, `celery@<host>`. */
  readonly hostname: string;
  /** Where a task goes that is sent from here. */
  readonly route: (call: RoutedCall) => Routed;
  readonly decode?: DecodeOptions;
  /** Asks SQS how many messages of a queue are in flight. Default: the quota is not watched. */
  readonly counts?: InFlightWatchDeps['counts'];
  readonly stores?: WorkerStores;
  readonly options?: WorkerOptions;
}

const DEFAULT_MAX_DELIVERIES = 10;
const DEFAULT_REQUEUE_DELAY = 20;

/** The way of a message through a worker: decode, resolve by task name, execute, settle. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #tasks: KnownTasks;
  readonly #settleDeps: SettleDeps;
  readonly #quarantine: Quarantine;
  readonly #notMine: NotMine;
  readonly #runner: TaskRunner;
  readonly #rawMessages: RawMessages | undefined;

  constructor(deps: WorkerDeps) {
    const { sender, events, hostname, options = {} } = deps;
    this.#deps = deps;
    this.#tasks = knownTasks(deps);
    this.#quarantine = new Quarantine({
      sender,
      hostname,
      events,
      ...(options.poison && { poison: options.poison }),
      deadLetters: deadLetterNotices(deps),
    });
    this.#settleDeps = settleDeps(deps, this.#quarantine);
    this.#notMine = new NotMine({
      sender,
      quarantine: this.#quarantine,
      redeliveryDelay: this.#settleDeps.redeliveryDelay,
      policy: options.unknownTask,
    });
    this.#rawMessages = rawMessages(deps, this.#settleDeps);
    this.#runner = taskRunner(deps, this.#settleDeps);
  }

  /** Runs one delivery to its end. Never rejects: what cannot be settled comes back by its lease. */
  readonly handle: DeliveryHandler = async (delivery) => {
    try {
      const decoded = decodeWithLibraries(delivery.body, this.#deps.decode);
      await this.#dispatch(delivery, decoded instanceof Promise ? await decoded : decoded);
    } catch (error) {
      this.#deps.events.emit('settleFailed', { delivery, error });
      await giveBack(delivery, this.#settleDeps.redeliveryDelay.ofRedrive(delivery));
    }
  };

  #dispatch(delivery: Delivery, decoded: DecodedMessage): Promise<void> {
    switch (decoded.kind) {
      case 'task':
        return this.#resolve(delivery, decoded.message);
      case 'refused':
        return this.#handBack(delivery, decoded, 'ContentDisallowed', refusal(decoded));
      case 'foreign':
        return this.#foreign(delivery, decoded);
      case 'malformed':
        return this.#poison(delivery, `Malformed:${decoded.reason}`, decoded.detail);
    }
  }

  async #foreign(delivery: Delivery, foreign: ForeignMessage): Promise<void> {
    if (await this.#rawMessages?.take(delivery, foreign)) return;
    await this.#poison(delivery, 'UnknownMessage', `not a message of Celery's (${foreign.format})`);
  }

  #resolve(delivery: Delivery, message: TaskMessage): Promise<void> {
    const task = this.#tasks.get(message.headers.task);
    if (!task) return this.#unregistered(delivery, message, message.headers.task);
    const unknown = task.needs?.(message).find((name) => !this.#tasks.get(name));
    if (unknown !== undefined) return this.#unregistered(delivery, message, unknown);
    if (!this.#canContinue(task, message)) {
      const detail = `task '${task.name}' of a workflow which cannot be continued from here`;
      return this.#handBack(delivery, message.headers, 'Workflow', detail);
    }
    return this.#runner.run(task, message, delivery);
  }

  /** Whether all that the task sends, and all that may follow it, can be sent from here. */
  #canContinue(task: BuiltInTask, message: TaskMessage): boolean {
    if (hasFollowUps(message) && !this.#settleDeps.followUps.canSend(message)) return false;
    return task.canSend?.(message) ?? true;
  }

  /** Another worker of the queue may know `task`; once nobody did for too long, that is the message's result. */
  #unregistered(delivery: Delivery, message: TaskMessage, task: string): Promise<void> {
    const detail = `unregistered task of type '${task}'`;
    return this.#handBack(delivery, message.headers, 'NotRegistered', detail, () =>
      this.#settleDeps.results?.unregistered(message, delivery, new NotRegistered(task)),
    );
  }

  /** `givenUp` is awaited before a message is given up for good. */
  async #handBack(
    delivery: Delivery,
    { task, id }: { readonly task?: string | undefined; readonly id?: string | undefined },
    reason: NotMineReason,
    detail: string,
    givenUp?: () => Promise<void> | undefined,
  ): Promise<void> {
    const action = await this.#notMine.settle(delivery, { reason, detail, task, id }, givenUp);
    this.#deps.events.emit('notMine', { delivery, task, id, reason, detail, action });
  }

  async #poison(delivery: Delivery, reason: string, detail: string): Promise<void> {
    const action = await this.#quarantine.take(delivery, { reason, detail });
    this.#deps.events.emit('poison', { delivery, reason, detail, action });
  }
}

function deadLetterNotices({ clock, events, options = {} }: WorkerDeps): DeadLetterNotices | undefined {
  if (!options.onDeadLetter) return undefined;
  const onError = (error: unknown): void => events.emit('hookFailed', { hook: 'onDeadLetter hook', error });
  return new DeadLetterNotices({ hook: options.onDeadLetter, clock, onError });
}

function rawMessages({ rawHandlers, messageOf }: WorkerDeps, settle: SettleDeps): RawMessages | undefined {
  return rawHandlers && new RawMessages({ ...settle, handlers: rawHandlers, ...(messageOf && { messageOf }) });
}

function settleDeps(deps: WorkerDeps, quarantine: Quarantine): SettleDeps {
  const { publisher, sender, events, clock, hostname, route, messageOf, stores = {}, options = {} } = deps;
  const { argsreprMaxsize, resultExtended: extended = false, requeueDelay = () => DEFAULT_REQUEUE_DELAY } = options;
  return {
    publisher,
    sender,
    quarantine,
    ...following({
      publisher,
      sender,
      clock,
      hostname,
      route,
      argsreprMaxsize,
      events,
      messageOf,
      store: stores.results,
    }),
    results: stores.results && new Results({ store: stores.results, clock, hostname, extended, messageOf }),
    events,
    clock,
    hostname,
    maxDeliveries: options.maxDeliveries ?? DEFAULT_MAX_DELIVERIES,
    inFlight: inFlightWatch(deps),
    redeliveryDelay: new RedeliveryDelay({ ...options, requeueDelay }),
    argsreprMaxsize,
  };
}

function inFlightWatch({ counts, clock, events }: WorkerDeps): InFlightWatch | undefined {
  if (!counts) return undefined;
  const onReadFailed = (_queue: string, error: unknown): void =>
    events.emit('storeFailed', { store: 'count of messages in flight', error });
  return new InFlightWatch({ counts, clock, onReadFailed });
}

function taskRunner({ stores = {}, options = {}, decode, ...deps }: WorkerDeps, settle: SettleDeps): TaskRunner {
  const { clock, events, hostname, messageOf } = deps;
  const onError = (store: string) => (error: unknown) => events.emit('storeFailed', { store, error });
  return new TaskRunner({
    settle,
    clock,
    events,
    hostname,
    admission: new Admission({
      clock,
      hook: options.admission,
      threads: options.threads,
      onError: (error) => events.emit('hookFailed', { hook: 'admission hook', error }),
    }),
    idempotency:
      stores.idempotency &&
      new Idempotency({
        store: stores.idempotency,
        clock,
        jsonTypes: decode?.jsonTypes,
        messageOf,
        onError: onError('idempotency store'),
      }),
    revocations:
      stores.revocations && new Revocations({ store: stores.revocations, clock, onError: onError('revocation store') }),
  });
}

function refusal({ contentType, compression }: RefusedMessage): string {
  return compression === undefined
    ? `content type ${contentType}`
    : `compression ${compression}, which is not installed`;
}
