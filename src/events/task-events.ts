import { Logger } from '@nestjs/common';
import { sleep, type Clock, type TaskDefinition } from '#celery';
import type { PublishEventMap } from '#producer';
import { Listeners, WorkerEvents, type Listener, type TaskSignalMap, type WorkerEventMap } from '#worker';
import {
  sourceOf,
  taskEventNames,
  type TaskEvent,
  type TaskEventMap,
  type TransportEventMap,
} from './task-event-map.js';

/** Milliseconds that listeners are given at the end of the application. */
const PATIENCE_MS = 2000;

/** Which tasks a listener is told of. */
export interface TaskEventOptions {
  /** A definition made by `defineTask`, or the name of a task. Default: all tasks. */
  readonly task?: string | TaskDefinition;
}

/** Is told of an event. A promise that it returns is awaited by `taskPrerun`, `taskPostrun`, `beforeTaskPublish` and the shutdown. */
export type TaskEventListener<Event extends TaskEvent> = (payload: TaskEventMap[Event]) => unknown;

/**
 * What happens to the tasks of a connection in this process: the typed emitter behind `@OnTaskEvent`, for listeners that come and go.
 *
 * ```ts
 * const end = events.on('failed', ({ request, error }) => this.alert(request.task, error));
 * ```
 */
export class TaskEvents {
  readonly #log = new Logger('celery.worker');
  /** @internal What workers report; the consumers of the connection emit it. */
  readonly worker = new WorkerEvents((error, event) => this.#threw(error, event));
  /** @internal Told by the publisher of the connection. */
  readonly publishing = new Listeners<PublishEventMap>((error, event) => this.#threw(error, event));
  /** @internal Told by the transport of the connection. */
  readonly transport = new Listeners<TransportEventMap>((error, event) => this.#threw(error, event));
  /** Listeners that had not ended when the shutdown had waited for them. */
  #givenUp: number | undefined;

  /**
   * Calls `listener` at each event of this kind. What it throws, or rejects with, is logged and disturbs no task; only one of
   * `beforeTaskPublish` refuses the send by it.
   *
   * @param options which tasks. Default: all
   * @returns the function that ends it
   * @throws TypeError for a name that is no event
   */
  on<Event extends TaskEvent>(
    event: Event,
    listener: TaskEventListener<Event>,
    { task }: TaskEventOptions = {},
  ): () => void {
    const name = typeof task === 'object' ? task.name : task;
    const ofTask = (payload: TaskEventMap[Event]): unknown => (isAbout(payload, name) ? listener(payload) : undefined);
    return this.#register(event, name === undefined ? listener : ofTask);
  }

  /** @internal At the shutdown, which asks more than once: listeners that were given up are not waited for again. */
  async settled(clock: Clock): Promise<void> {
    if (this.#givenUp) return;
    await this.settledSoon(clock);
    this.#givenUp = this.unfinished;
  }

  /** @internal Resolves when no listener is at work any more, or when their time is over. */
  async settledSoon(clock: Clock): Promise<void> {
    if (this.unfinished === 0) return;
    const finished = new AbortController();
    const all = this.ended().then(() => finished.abort());
    await Promise.race([all, sleep(clock, PATIENCE_MS, finished.signal)]);
    if (this.unfinished === 0) return;
    this.#log.warn(
      `Listeners of task events had not ended after ${PATIENCE_MS / 1000} s and are not waited for: ${this.unfinished}.`,
    );
  }

  /** @internal Resolves when no listener is at work any more, whenever that is. */
  async ended(): Promise<void> {
    await Promise.all([this.worker.settled(), this.publishing.settled(), this.transport.settled()]);
  }

  /** @internal Listeners at work that nobody waits for. */
  get unfinished(): number {
    return this.worker.unfinished + this.publishing.unfinished + this.transport.unfinished;
  }

  /** @internal Whether the shutdown has waited for them. */
  get isOver(): boolean {
    return this.#givenUp !== undefined;
  }

  #register<Event extends TaskEvent>(event: Event, listener: TaskEventListener<Event>): () => void {
    switch (sourceOf(event)) {
      case 'worker':
        return this.worker.on(event as keyof TaskEventMap & keyof WorkerEventMap, listener as Listener<unknown>);
      case 'signal':
        return this.worker.signals.on(event as keyof TaskSignalMap, listener as Listener<unknown>);
      case 'publish':
        return this.publishing.on(event as keyof PublishEventMap, listener as Listener<unknown>);
      case 'transport':
        return this.transport.on(event as keyof TransportEventMap, listener as Listener<unknown>);
      case undefined:
        throw new TypeError(`'${String(event)}' is no task event; there are: ${taskEventNames()}`);
    }
  }

  #threw(error: unknown, event: string): void {
    this.#log.error(
      `A listener of the task event ${event} threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
      error instanceof Error ? error.stack : undefined,
    );
  }
}

/** Every event but `drained` and `sqsRequest` is about a task. */
function isAbout(payload: TaskEventMap[TaskEvent], task: string | undefined): boolean {
  if ('request' in payload) return payload.request.task === task;
  return 'task' in payload && payload.task === task;
}
