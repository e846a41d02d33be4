import {
  EXCEPTION_STATES,
  FAILURE,
  NoStoreError,
  PENDING,
  READY_STATES,
  ResultIgnoredError,
  SUCCESS,
  parseIsoDateTime,
  type ResultTuple,
  type TaskMeta,
  type TaskState,
} from '#celery';
import type { ResultBackend } from './async-result-backend.js';
import { errorOfMeta } from './async-result-error.js';
import type { WaitOptions } from './async-result-patience.js';

/** Options of {@link AsyncResult.get}. */
export interface GetOptions extends WaitOptions {
  /** Whether the error of a task that failed or was revoked is thrown; otherwise it is the value. Default: true. */
  readonly propagate?: boolean;
  /** Whether waiting inside a task is refused, where it may block for ever. Default: true. */
  readonly disableSyncSubtasks?: boolean;
}

/** What an {@link AsyncResult} is made of beside its id. */
export interface AsyncResultInit {
  readonly task?: string | undefined;
  readonly backend?: ResultBackend | undefined;
  /** Whether the task was sent with `ignoreResult`. Default: false. */
  readonly ignored?: boolean | undefined;
}

/**
 * The result of a task: Celery's `AsyncResult`. Where Celery has properties that ask the result backend, these are methods. A
 * task that has ended is not asked for again.
 *
 * All of them reject with `NoStoreError` where the application has no `resultBackend`, and with `BackendError` where it cannot
 * be reached.
 */
export class AsyncResult<Result = unknown> {
  /** Name of the task; undefined where only its id was given. */
  readonly task: string | undefined;
  readonly #backend: ResultBackend | undefined;
  readonly #ignored: boolean;
  /** The record of a task that has ended. */
  #ended: TaskMeta | undefined;

  /** @internal Results come from `TaskProducer`. */
  constructor(
    /** Task id. */
    readonly id: string,
    { task, backend, ignored = false }: AsyncResultInit = {},
  ) {
    this.task = task;
    this.#backend = backend;
    this.#ignored = ignored;
  }

  /**
   * Waits until the task has ended, and gives its result. It is told by the store where it can tell (Redis, memory), and asks
   * with growing pauses elsewhere. An id that nobody knows is waited for as well: it may be sent yet.
   *
   * @param options how long to wait, in milliseconds, and what to do with an error
   * @returns what the handler returned; with `propagate: false` of a task that failed or was revoked, the error
   * @throws (rejects) what the task failed with: a `RemoteTaskError` with the name, message and traceback of the other worker,
   * or `TaskRevokedError`, `TimeLimitExceeded`, `WorkerLostError` and their like, whose `cause` it then is; `TimeoutError`; the
   * reason of `signal`; `WouldBlockError` inside of a task; `ResultIgnoredError`; `ResultsClosedError` when the application is
   * closed meanwhile
   */
  get(options?: GetOptions & { readonly propagate?: true }): Promise<Result>;
  get(options: GetOptions): Promise<Result | Error>;
  async get({ propagate = true, disableSyncSubtasks = true, ...wait }: GetOptions = {}): Promise<Result | Error> {
    checkTimeout(wait.timeoutMs);
    const backend = this.#required();
    if (this.#ignored) throw new ResultIgnoredError(this.id);
    if (disableSyncSubtasks) backend.assertWillNotBlock(this.id);
    this.#ended ??= await backend.wait(this.id, wait);
    if (this.#ended.status === SUCCESS) return this.#ended.result as Result;
    const error = errorOfMeta(this.#ended);
    if (propagate) throw error;
    return error;
  }

  /** Celery's state of the task, or a custom one; `PENDING` also of a task that nobody knows. */
  async state(): Promise<TaskState | (string & {})> {
    return (await this.#meta())?.status ?? PENDING;
  }

  /** Whether the task has ended: SUCCESS, FAILURE or REVOKED. */
  async ready(): Promise<boolean> {
    return READY_STATES.has(await this.state());
  }

  /** Whether the task has ended without an error. */
  async successful(): Promise<boolean> {
    return (await this.state()) === SUCCESS;
  }

  /** Whether the task has ended with an error. */
  async failed(): Promise<boolean> {
    return (await this.state()) === FAILURE;
  }

  /**
   * What is stored of the task now: its result; the error of a task that failed, was revoked or is tried again; what was given
   * with a custom state; null where there is nothing. Never waits.
   */
  async result(): Promise<unknown> {
    const meta = await this.#meta();
    if (!meta) return null;
    return EXCEPTION_STATES.has(meta.status) && meta.result !== null ? errorOfMeta(meta) : meta.result;
  }

  /** The stack of the error as the worker wrote it, or null. */
  async traceback(): Promise<string | null> {
    return (await this.#meta())?.traceback ?? null;
  }

  /** When the task ended, or null. */
  async dateDone(): Promise<Date | null> {
    const time = parseIsoDateTime((await this.#meta())?.dateDone ?? '');
    return time === undefined ? null : new Date(time);
  }

  /** The tasks that it has sent, members of groups included; null where that is not known. */
  async children(): Promise<AsyncResult[] | null> {
    const tuples = (await this.#meta())?.children ?? null;
    return tuples && tuples.flatMap(idsOf).map((id) => this.#other(id));
  }

  /** The task that has sent it; null where there is none, or nothing is stored yet. */
  async parent(): Promise<AsyncResult | null> {
    const id = (await this.#meta())?.parentId;
    return id === undefined ? null : this.#other(id);
  }

  /** Removes what is stored. A task that has not ended yet will store it again. */
  async forget(): Promise<void> {
    this.#ended = undefined;
    await this.#required().forget(this.id);
  }

  /**
   * Revokes the task, as `TaskProducer.revoke` does.
   *
   * @param options `terminate`: a task that is running already is told by its `AbortSignal`
   * @throws (rejects) NoStoreError where the application has no `revocations`
   */
  async revoke(options: { readonly terminate?: boolean } = {}): Promise<void> {
    if (!this.#backend) throw new NoStoreError('Revoking tasks', 'revocations');
    await this.#backend.revoke([this.id], options);
  }

  /** Celery's `as_tuple`: how a result is written within another. */
  asTuple(): ResultTuple {
    return [[this.id, null], null];
  }

  /** A task that returns one stores its tuple, as in Celery. */
  toJSON(): ResultTuple {
    return this.asTuple();
  }

  async #meta(): Promise<TaskMeta | undefined> {
    if (this.#ended) return this.#ended;
    const meta = await this.#required().get(this.id);
    if (meta && READY_STATES.has(meta.status)) this.#ended = meta;
    return meta;
  }

  #other(id: string): AsyncResult {
    return new AsyncResult(id, { backend: this.#backend });
  }

  #required(): ResultBackend {
    if (!this.#backend) throw new NoStoreError('Asking for the result of a task', 'resultBackend');
    return this.#backend;
  }
}

/** Longest time of a timer of Node's: 24.8 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Node would take what is no time for a millisecond. */
function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || timeoutMs === Infinity) return;
  if (timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS) return;
  throw new TypeError(
    `timeoutMs must be from 0 to ${MAX_TIMEOUT_MS} milliseconds, or Infinity; got ${String(timeoutMs)}`,
  );
}

/** A group itself has no record. */
function idsOf([[id], members]: ResultTuple): string[] {
  return members === null ? [id] : members.flatMap(idsOf);
}
