import { AsyncLocalStorage } from 'node:async_hooks';
import type { Delivery, ResultTuple, TaskHeaders, TaskMessage } from '#celery';
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
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
  /** What becomes of {@link TaskRequest.updateState}. Default: results are disabled. */
  readonly states?: StateUpdates;
}

const current = new AsyncLocalStorage<TaskRequest>();

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
  /**
   * Aborted when a time limit has passed (`reason` is `SoftTimeLimitExceeded` or `TimeLimitExceeded`), when the lease of the
   * message is lost, or when the worker shuts down and its patience is over.
   */
  readonly signal: AbortSignal;
  readonly #states: StateUpdates;
  readonly #children: ResultTuple[] = [];

  constructor({ message, delivery, retries, maxRetries, hostname, signal, states }: TaskRequestInit) {
    const { headers, properties } = message;
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
    this.priority = properties.priority;
    this.origin = headers.origin;
    this.hostname = hostname;
    this.queue = delivery.queue.name;
    this.receiveCount = delivery.receiveCount;
    this.messageId = delivery.messageId;
    this.messageGroupId = delivery.messageGroupId;
    this.signal = signal;
    this.#states = states ?? new StateUpdates(undefined);
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

  /** The task that runs in this asynchronous context, or undefined outside of tasks. */
  static current(): TaskRequest | undefined {
    return current.getStore();
  }

  /** The task behind an `ExecutionContext` of Nest, or undefined for HTTP and other transports. */
  static from(context: { getArgs(): unknown[] }): TaskRequest | undefined {
    return context.getArgs().find((argument) => argument instanceof TaskRequest);
  }

  /** Runs `callback` as this task: {@link TaskRequest.current} answers it from there on. */
  run<Result>(callback: () => Result): Result {
    return current.run(this, callback);
  }
}
