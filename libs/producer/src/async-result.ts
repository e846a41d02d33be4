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
import { collect, iterdeps, leafOf, type ResultDependency } from './async-result-graph.js';
import { throwFailureOf } from './async-result-parents.js';
import type { WaitOptions } from './async-result-patience.js';
import type { MemberResult } from './group-result.js';

/** Options of {@link AsyncResult.get}. */
export interface GetOptions extends WaitOptions {
  /** Whether the error of a task that failed or was revoked is thrown; otherwise it is the value. Default: true. */
  readonly propagate?: boolean;
  /** Whether waiting inside a task is refused, where it may block for ever. Default: true. */
  readonly disableSyncSubtasks?: boolean;
  /** Whether the error of what comes before (see {@link AsyncResult.parent}) is thrown as well. Default: true. */
  readonly followParents?: boolean;
}

/** What an {@link AsyncResult} is made of beside its id. */
export interface AsyncResultInit {
  readonly task?: string | undefined;
  readonly backend?: ResultBackend | undefined;
  /** Whether the task was sent with `ignoreResult`. Default: false. */
  readonly ignored?: boolean | undefined;
  readonly parent?: MemberResult | null | undefined;
  /** What has to end before it begins. Default: the parent. */
  readonly before?: MemberResult | null | undefined;
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
  /** Whether it was sent with `ignoreResult`, as far as is known here. */
  readonly ignored: boolean;
  /**
   * What comes before it in the workflow that was sent here: the step before in a chain, the header of a chord. Null where
   * nothing does, and of a result that was made by its id alone.
   */
  readonly parent: MemberResult | null;
  /** @internal What has to end before it begins: the parent, or that of the group whose first member it is. */
  readonly before: MemberResult | null;
  readonly #backend: ResultBackend | undefined;
  /** The record of a task that has ended. */
  #ended: TaskMeta | undefined;

  /** @internal Results come from `TaskProducer`. */
  constructor(
    /** Task id. */
    readonly id: string,
    { task, backend, ignored = false, parent = null, before = parent }: AsyncResultInit = {},
  ) {
    this.task = task;
    this.#backend = backend;
    this.ignored = ignored;
    this.parent = parent;
    this.before = before;
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
  async get(options: GetOptions = {}): Promise<Result | Error> {
    const { propagate = true, disableSyncSubtasks = true } = options;
    checkTimeout(options.timeoutMs);
    const backend = this.#required();
    if (this.ignored) throw new ResultIgnoredError(this.id);
    if (disableSyncSubtasks) backend.assertWillNotBlock(this.id);
    this.#ended ??= await backend.wait(this.id, options, () => this.#checkParents(options));
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

  /** Whether anything is stored of it: where nothing is, it has not begun, is not known, or was removed. */
  async exists(): Promise<boolean> {
    return (await this.#meta()) !== undefined;
  }

  /** @throws (rejects) the error of a task that has failed or was revoked; never waits: Celery's `maybe_throw` */
  async maybeThrow(): Promise<void> {
    const meta = await this.#meta();
    if (meta && meta.status !== SUCCESS && READY_STATES.has(meta.status)) throw errorOfMeta(meta);
  }

  /** What it has sent, tasks and groups; null where that is not known. */
  async children(): Promise<readonly MemberResult[] | null> {
    const tuples = (await this.#meta())?.children ?? null;
    const backend = this.#required();
    return tuples && tuples.map((tuple) => backend.resultFromTuple(tuple));
  }

  /** Id of the task that has sent it, as it is stored; null where there is none, or nothing is stored yet. */
  async parentId(): Promise<string | null> {
    return (await this.#meta())?.parentId ?? null;
  }

  /**
   * Waits for its result, then for those of its children, theirs, and so on, level by level: Celery's `collect`. A group among
   * them comes with the list of its results, and then its members.
   *
   * @param options as of {@link get}, for each of them: to bound the whole, give a `signal`
   * @throws (rejects) what `get` does
   */
  collect(options: GetOptions = {}): AsyncGenerator<readonly [result: MemberResult, value: unknown], void> {
    return collect(this, options);
  }

  /** The value that {@link collect} gives last: Celery's `get_leaf`. */
  getLeaf(options: GetOptions = {}): Promise<unknown> {
    return leafOf(this, options);
  }

  /**
   * It, its children, theirs, and so on, each with the result whose child it is: Celery's `iterdeps`. Waits for nothing.
   *
   * @param options `intermediate`: whether a task that has not ended is left without children. Default: false
   * @throws (rejects) IncompleteStream at a task that has not ended when its children are asked for
   */
  iterdeps({ intermediate = false }: { readonly intermediate?: boolean } = {}): AsyncGenerator<ResultDependency, void> {
    return iterdeps(this, intermediate);
  }

  /** Removes what is stored of it, and of what comes before it. A task that has not ended yet will store it again. */
  async forget(): Promise<void> {
    await this.parent?.forget();
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
    return [[this.id, this.parent && this.parent.asTuple()], null];
  }

  /** A task that returns one stores its tuple, as in Celery. */
  toJSON(): ResultTuple {
    return this.asTuple();
  }

  async #checkParents({ propagate = true, followParents = true }: GetOptions): Promise<void> {
    if (this.before && propagate && followParents) await throwFailureOf(this.before);
  }

  async #meta(): Promise<TaskMeta | undefined> {
    if (this.#ended) return this.#ended;
    const meta = await this.#required().get(this.id);
    if (meta && READY_STATES.has(meta.status)) this.#ended = meta;
    return meta;
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
