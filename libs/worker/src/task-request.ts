import {
  Replaced,
  checkReplacement,
  chordAddition,
  type ChordAddition,
  type Delivery,
  type ResultTuple,
  type SignatureJson,
  type TaskHeaders,
  type TaskMessage,
} from '#celery';
import { attemptSeed, idsOf } from './attempt-ids.js';
import { RunningContext } from './running-context.js';
import { StateUpdates } from './state-updates.js';

/** What a {@link TaskRequest} is made of. */
export interface TaskRequestInit {
  readonly message: TaskMessage;
  readonly delivery: Delivery;
  /** Retries of this task before this run: the header, and on FIFO queues the receives that were retries in place. */
  readonly retries: number;
  readonly maxRetries: number | null;
  /** Node name of this worker, `celery@<host>`. */
  readonly hostname: string;
  /** Gives what is aborted when the run is to end; asked once at most. */
  readonly signal: () => AbortSignal;
  /** What becomes of {@link TaskRequest.updateState}. Default: results are disabled. */
  readonly states?: StateUpdates;
}

const context = new RunningContext<TaskRequest>();

/**
 * The task being executed: Celery's `self.request`. One object for everybody who asks during one execution
 * (`@TaskContext()`, `REQUEST`, `TaskRequest.from(executionContext)`, `TaskRequest.current()`).
 */
export class TaskRequest {
  /** Task id; the same over all retries. */
  readonly id: string;
  /** Registered name of the task. */
  readonly task: string;
  /** Positional arguments as they were sent. */
  readonly args: readonly unknown[];
  /** Keyword arguments as they were sent. */
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** How often the task was retried before this run: 0 at the first. */
  readonly retries: number;
  /** Retries after which the task fails for good; null: never. */
  readonly maxRetries: number | null;
  /** When the task was to run, ISO 8601, or null. */
  readonly eta: string | null;
  /** When the task expires, ISO 8601, or null. */
  readonly expires: string | null;
  /** Id of the group or chord the task belongs to, or null. */
  readonly group: string | null;
  /** Id of the first task of the workflow. */
  readonly rootId: string;
  /** Id of the task that sent this one, or null. */
  readonly parentId: string | null;
  /** Custom headers of the message. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** `[hard, soft]` time limits of the message, in seconds. */
  readonly timelimit: TaskHeaders['timelimit'];
  /** How often the task was replaced by another before this run: 0 for the task that was sent. */
  readonly replacedTaskNesting: number;
  /** Names of the stamps that the task carries. */
  readonly stampedHeaders: readonly string[];
  /** Its stamps by name: Celery's `request.stamps`. */
  readonly stamps: Readonly<Record<string, unknown>>;
  /** Priority of the message, 0–9, or null. */
  readonly priority: number | null;
  /** Name of the sender's node (`gen<pid>@<host>`), or null. */
  readonly origin: string | null;
  /** Node name of the worker that runs it. */
  readonly hostname: string;
  /** Celery name of the queue the message was received from. */
  readonly queue: string;
  /** SQS's ApproximateReceiveCount, from 1. */
  readonly receiveCount: number;
  /** SQS's MessageId. */
  readonly messageId: string;
  /** SQS's MessageGroupId, where the message has one. */
  readonly messageGroupId: string | undefined;
  readonly #init: TaskRequestInit;
  #signal: AbortSignal | undefined;
  readonly #states: StateUpdates;
  #children: ResultTuple[] = [];
  #added: ChordAddition[] = [];

  constructor(init: TaskRequestInit) {
    const { message, delivery, retries, maxRetries, hostname, states } = init;
    const { headers, properties } = message;
    this.#init = init;
    this.id = headers.id;
    this.task = headers.task;
    this.args = message.args;
    this.kwargs = message.kwargs;
    this.retries = retries;
    this.maxRetries = maxRetries;
    this.eta = headers.eta;
    this.expires = headers.expires;
    this.group = headers.group;
    this.rootId = headers.rootId ?? headers.id;
    this.parentId = headers.parentId;
    this.headers = headers.custom;
    this.timelimit = headers.timelimit;
    this.replacedTaskNesting = headers.replacedTaskNesting;
    this.stampedHeaders = headers.stampedHeaders ?? [];
    this.stamps = Object.fromEntries(this.stampedHeaders.map((name) => [name, headers.stamps[name] ?? null]));
    this.priority = properties.priority;
    this.origin = headers.origin;
    this.hostname = hostname;
    this.queue = delivery.queue.name;
    this.receiveCount = delivery.receiveCount;
    this.messageId = delivery.messageId;
    this.messageGroupId = delivery.messageGroupId;
    this.#states = states ?? new StateUpdates(undefined);
  }

  /**
   * Aborted when a time limit has passed (`reason` is `SoftTimeLimitExceeded` or `TimeLimitExceeded`), when the lease of the
   * message is lost, or when the worker shuts down and its patience is over.
   */
  get signal(): AbortSignal {
    // Most handlers do not look at it, and one that was never made costs nothing.
    return (this.#signal ??= this.#init.signal());
  }

  /** Whether SQS delivered the message before: it may have run before, which is not to say that it has. */
  get redelivered(): boolean {
    return this.receiveCount > 1;
  }

  /** Whether a failure of this run is final because `maxRetries` is used up. */
  get isLastAttempt(): boolean {
    return this.maxRetries !== null && this.retries >= this.maxRetries;
  }

  /** The tasks that were sent by this run, as results are stored (Celery's `request.children`). */
  get children(): readonly ResultTuple[] {
    return [...this.#children];
  }

  /** @internal Celery's `add_trail`. */
  addChild(child: ResultTuple): void {
    this.#children.push(child);
  }

  /** @internal What the worker received. */
  get received(): Pick<TaskRequestInit, 'message' | 'delivery'> {
    return this.#init;
  }

  /**
   * @internal Another task that this run calls as a function: a part of this run, with the same id, children and end, but without
   * retries of its own.
   */
  calling(task: string, args: readonly unknown[]): TaskRequest {
    const { message } = this.#init;
    const called = { ...message, headers: { ...message.headers, task }, args, kwargs: {} };
    const request = new TaskRequest({ ...this.#init, message: called, maxRetries: 0, signal: () => this.signal });
    request.#children = this.#children;
    request.#added = this.#added;
    return request;
  }

  /**
   * Ends this run and runs a signature in its place, under the id of this task: Celery's `self.replace`. The signature gets the
   * callbacks and errbacks of the task, its place in a group or chord, and what follows it in a chain. Of this run no result is
   * stored. Of a group the result is the list of its members' results.
   *
   * @param signature of any kind, without `taskId`
   * @returns never: it throws what the worker has to catch. Write `return task.replace(…)`, outside of `try`
   * @throws InvalidTaskError for an empty chain, a part of a chord, and what is no signature
   */
  replace(signature: SignatureJson): never {
    throw new Replaced(checkReplacement(signature));
  }

  /**
   * Adds a signature to the chord that this task is a part of: Celery's `self.add_to_chord`. The chord waits for it too, and its body
   * gets its result. It is sent when this task has ended well; a run that fails or is retried adds nothing.
   *
   * @param signature a task, or a workflow that ends in one
   * @returns the id of its result
   * @throws InvalidTaskError where the task is in no chord, and for groups
   */
  addToChord(signature: SignatureJson): string {
    const { message } = this.#init;
    const addition = chordAddition(signature, message, idsOf(`${attemptSeed(message)}:added:${this.#added.length}`));
    this.#added.push(addition);
    return addition.taskId;
  }

  /** @internal What was added to the chord by this run. */
  get added(): readonly ChordAddition[] {
    return this.#added;
  }

  /** @internal What the same run did in another thread. */
  adopt(children: readonly ResultTuple[], added: readonly ChordAddition[]): void {
    this.#children.push(...children);
    this.#added.push(...added);
  }

  /**
   * Stores a state of the task while it runs: Celery's `self.update_state`. Nothing is stored for a task whose result is ignored.
   *
   * @param state a name of your own, `PROGRESS`, or `STARTED`
   * @param meta anything that has a JSON form: what `AsyncResult.result()` gives meanwhile. Default: null
   * @throws (rejects) TypeError for a state that only the end of the task can give, or after it; NoStoreError where the
   * application has no `resultBackend`; BackendError
   */
  async updateState(state: string, meta: unknown = null): Promise<void> {
    await this.#states.update(state, meta);
  }

  /**
   * The task that runs in this asynchronous context: Celery's `current_task`. Undefined outside of tasks, and in work that a task left
   * behind when it ended.
   */
  static current(): TaskRequest | undefined {
    return context.current;
  }

  /** The task behind an `ExecutionContext` of Nest, or undefined for HTTP and other transports. */
  static from(context: { getArgs(): unknown[] }): TaskRequest | undefined {
    return context.getArgs().find((argument) => argument instanceof TaskRequest);
  }

  /** Runs `callback` as this task: {@link TaskRequest.current} answers it until the promise that `callback` returns is settled. */
  run<Result>(callback: () => Result): Result {
    return context.run(this, callback);
  }
}
