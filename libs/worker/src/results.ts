import {
  FAILURE,
  READY_STATES,
  RETRY,
  REVOKED,
  STARTED,
  SUCCESS,
  Retry,
  exceptionInfoOf,
  isoformat,
  tracebackOf,
  type Clock,
  type Delivery,
  type ExtendedMeta,
  type MessageOf,
  type ResultStore,
  type ResultTuple,
  type TaskMessage,
  type TaskMeta,
} from '#celery';
import type { Attempt } from './attempt.js';
import { chainFailures, memberFailures } from './chain-failure.js';
import { checkLease } from './check-lease.js';
import { underLease } from './under-lease.js';

export interface ResultsDeps {
  readonly store: ResultStore;
  readonly clock: Clock;
  /** Node name of this worker, `celery@<host>`. */
  readonly hostname: string;
  /** Whether name, arguments and worker are stored as well (Celery's `result_extended`). */
  readonly extended: boolean;
  /** What is stored in place of an error's message. Default: the message. */
  readonly messageOf?: MessageOf | undefined;
}

/** What becomes known of a task through the result store, as Celery's worker stores it. */
export class Results {
  readonly #deps: ResultsDeps;

  constructor(deps: ResultsDeps) {
    this.#deps = deps;
  }

  /** Stored where the task says `trackStarted`. */
  async started(attempt: Attempt): Promise<void> {
    if (!attempt.task.options.trackStarted || ignoresResult(attempt)) return;
    await this.#store(subjectOf(attempt), STARTED, { pid: process.pid, hostname: this.#deps.hostname });
  }

  /** A state that the handler gives its task. */
  async updated(attempt: Attempt, state: string, meta: unknown): Promise<void> {
    if (!ignoresResult(attempt)) await this.#store(subjectOf(attempt), state, meta);
  }

  async succeeded(attempt: Attempt, result: unknown): Promise<void> {
    if (!ignoresResult(attempt)) await this.#store(subjectOf(attempt), SUCCESS, result ?? null);
  }

  async failed(attempt: Attempt, error: unknown): Promise<void> {
    await this.#storeError(attempt, FAILURE, error);
  }

  /** Before the next attempt is sent: a late RETRY would overwrite its outcome. */
  async retried(attempt: Attempt, error: unknown): Promise<void> {
    await this.#storeError(attempt, RETRY, error);
  }

  async revoked(attempt: Attempt, error: unknown): Promise<void> {
    await this.#storeError(attempt, REVOKED, error);
  }

  /** A task that no worker of this queue's knows: stored whatever the task may say of its result, as in Celery. */
  async unregistered(message: TaskMessage, delivery: Delivery, error: unknown): Promise<void> {
    const subject = { message, delivery, retries: message.headers.retries, children: [] };
    await this.#store(subject, FAILURE, exceptionInfoOf(error));
  }

  async #storeError(attempt: Attempt, status: string, error: unknown): Promise<void> {
    const ignored = ignoresResult(attempt) && !attempt.task.options.storeErrorsEvenIfIgnored;
    // A retry without a reason has none to store.
    const result = error instanceof Retry ? null : exceptionInfoOf(error, this.#deps.messageOf);
    const traceback = status === REVOKED ? null : tracebackOf(error);
    const meta = this.#meta(subjectOf(attempt), status, result, traceback);
    const failuresOf = ignored ? memberFailures : chainFailures;
    // Before the task's own, which says that all is done.
    if (status === FAILURE) {
      for (const failure of failuresOf(attempt.message, meta)) await this.#put(failure, attempt.delivery);
    }
    if (!ignored) await this.#put(meta, attempt.delivery);
  }

  async #store(subject: Subject, status: string, result: unknown): Promise<void> {
    await this.#put(this.#meta(subject, status, result, null), subject.delivery);
  }

  /** @throws at once where the lease is lost */
  #put(meta: TaskMeta, { lease }: Delivery): Promise<void> {
    const { store, clock } = this.#deps;
    checkLease(lease);
    return underLease(lease, clock, () => store.store(meta));
  }

  #meta(subject: Subject, status: string, result: unknown, traceback: string | null): TaskMeta {
    const { headers } = subject.message;
    return {
      taskId: headers.id,
      status,
      result,
      traceback,
      children: subject.children,
      dateDone: READY_STATES.has(status) ? isoformat(new Date(this.#deps.clock.now())) : null,
      ...(headers.group !== null && { groupId: headers.group }),
      ...(headers.parentId !== null && { parentId: headers.parentId }),
      ...(this.#deps.extended && { extended: this.#extended(subject) }),
    };
  }

  #extended({ message, delivery, retries }: Subject): ExtendedMeta {
    const { headers, args, kwargs, properties } = message;
    return {
      name: headers.task,
      args,
      kwargs,
      worker: this.#deps.hostname,
      retries,
      queue: properties.deliveryInfo.routingKey ?? delivery.queue.name,
      ...(headers.stampedHeaders && { stampedHeaders: headers.stampedHeaders, stamps: headers.stamps }),
    };
  }
}

/** What a result is stored of. */
interface Subject {
  readonly message: TaskMessage;
  readonly delivery: Delivery;
  readonly retries: number;
  readonly children: readonly ResultTuple[];
}

function subjectOf({ message, delivery, request }: Attempt): Subject {
  return { message, delivery, retries: request.retries, children: request.children };
}

/** What the caller said wins over the task's own setting, as in Celery from 5.7 on. */
export function ignoresResult({ message, task }: Attempt): boolean {
  return message.headers.ignoreResult ?? task.options.ignoreResult;
}
