import type { Delivery } from '#celery';
import { Listeners, type Listener, type ListenerErrorHandler } from './listeners.js';
import type { PostponementReason } from './outcome.js';
import type { RawMessageEventMap } from './raw-messages/raw-events.js';
import type { TaskRequest } from './task-request.js';
import type { TaskSignalMap } from './task-signals.js';

/** What a worker reports, by event. */
export interface WorkerEventMap extends RawMessageEventMap {
  /** A task was received and is about to run. */
  received: { readonly request: TaskRequest };
  /** The handler is called. */
  started: { readonly request: TaskRequest };
  succeeded: { readonly request: TaskRequest; readonly result: unknown; readonly runtimeSeconds: number };
  /** The task will run again, `delaySeconds` from now. */
  retried: { readonly request: TaskRequest; readonly error: unknown; readonly delaySeconds: number };
  /** The task failed for good. `expected`: the error is one of the task's `throws`. */
  failed: { readonly request: TaskRequest; readonly error: unknown; readonly expected: boolean };
  /** The soft time limit has passed; the task has been told by its signal. */
  softTimeLimit: { readonly request: TaskRequest; readonly seconds: number };
  /** The hard time limit has passed; the task counts as failed. */
  timeLimit: { readonly request: TaskRequest; readonly seconds: number };
  /** A handler goes on long after its hard time limit: its slot is given to others, what it does is lost. */
  zombie: { readonly request: TaskRequest };
  /** Another signature runs in the task's place (`TaskRequest.replace`). */
  replaced: { readonly request: TaskRequest };
  /** The task asked not to have an outcome (`Ignore`). */
  ignored: { readonly request: TaskRequest };
  /** The task refused its message (`Reject`). */
  rejected: { readonly request: TaskRequest; readonly reason: string; readonly requeue: boolean };
  /** The task's `expires` had passed: it was not run. */
  expired: { readonly request: TaskRequest };
  /** The task was revoked, before it ran or (`terminated`) while it was running. */
  revoked: { readonly request: TaskRequest; readonly terminated: boolean };
  /** A limit keeps the task from running now: the message comes back in about `delaySeconds`. */
  postponed: { readonly request: TaskRequest; readonly reason: PostponementReason; readonly delaySeconds: number };
  /** A chord has failed with one of the tasks of its header: its body will not run. */
  chordFailed: { readonly groupId: string; readonly error: Error };
  /** A copy of a message whose attempt has ended: it was not run again. */
  duplicate: { readonly request: TaskRequest };
  /** The task's `eta` is ahead: the message is out of sight until then, or for as long as SQS allows. */
  parked: { readonly request: TaskRequest; readonly delaySeconds: number };
  /** Another consumer may have the message: nothing of this attempt was kept. */
  leaseLost: { readonly request: TaskRequest; readonly reason: unknown };
  /** The worker has drained: nothing runs any more, and nothing is received. */
  drained: {
    /** Messages that had been received and not begun, and were handed back. */
    readonly released: number;
    /** Tasks that had not ended when `shutdownTimeoutMs` was over: their messages were handed back. */
    readonly aborted: number;
    /** Deletes and releases that SQS had not confirmed when the time was over: those messages come back. */
    readonly unconfirmed: number;
    /** How often each event has happened since the start. */
    readonly counts: Readonly<Partial<Record<WorkerEvent, number>>>;
  };
  /** A message that another fleet must handle. */
  notMine: {
    readonly delivery: Delivery;
    readonly task: string | undefined;
    readonly id: string | undefined;
    /** `NotRegistered`, `ContentDisallowed`, or `Workflow`: what follows the task cannot be sent from here. */
    readonly reason: NotMineReason;
    /** The reason in words, for the log. */
    readonly detail: string;
    /** What became of it. */
    readonly action: 'handedBack' | QuarantineAction;
  };
  /** A message that nobody can run. */
  poison: {
    readonly delivery: Delivery;
    readonly reason: string;
    readonly detail: string;
    readonly action: QuarantineAction;
  };
  /** A store could not be asked for a moment, or SQS for a count (`store` says which): work goes on without. */
  storeFailed: { readonly store: string; readonly error: unknown };
  /** A function of the application's threw (`hook` says which). */
  hookFailed: { readonly hook: string; readonly error: unknown };
  /** Sending or deleting failed after the task had its outcome: the message comes back and the task runs again. */
  settleFailed: { readonly delivery: Delivery; readonly error: unknown };
}

/** Why a message is for another fleet. */
export type NotMineReason = 'NotRegistered' | 'ContentDisallowed' | 'Workflow';

/** What became of a message that this fleet gave up on. */
export type QuarantineAction = 'deadLettered' | 'deleted' | 'left';

export type WorkerEvent = keyof WorkerEventMap;

/** The typed emitter of a worker's events. A listener that throws does not disturb the task: `onListenerError` is told. */
export class WorkerEvents {
  readonly #counts: Partial<Record<WorkerEvent, number>> = {};
  readonly #listeners: Listeners<WorkerEventMap>;
  /** Those that a task waits for; they are not counted. */
  readonly signals: Listeners<TaskSignalMap>;

  constructor(onListenerError: ListenerErrorHandler) {
    this.#listeners = new Listeners(onListenerError);
    this.signals = new Listeners(onListenerError);
  }

  /** Calls `listener` at each event of this kind, and waits for no promise. Answers the function that ends it. */
  on<Event extends WorkerEvent>(event: Event, listener: Listener<WorkerEventMap[Event]>): () => void {
    return this.#listeners.on(event, listener);
  }

  /** How often each event has happened; one that has not is left out. */
  get counts(): Readonly<Partial<Record<WorkerEvent, number>>> {
    return { ...this.#counts };
  }

  emit<Event extends WorkerEvent>(event: Event, payload: WorkerEventMap[Event]): void {
    this.#counts[event] = (this.#counts[event] ?? 0) + 1;
    this.#listeners.tell(event, payload);
  }

  /** Listeners whose promises are not settled. */
  get unfinished(): number {
    return this.#listeners.unfinished;
  }

  /** Resolves when they are. */
  settled(): Promise<void> {
    return this.#listeners.settled();
  }
}
