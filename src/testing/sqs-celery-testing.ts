import type { TaskArgs, TaskDefinition, TaskKwargs, TaskResult } from '#celery';
import { VirtualClock, type LocalSqs } from '#sqs-local';
import { CONNECTION_OVERRIDES } from '../connections/connection-overrides.js';
import type { SqsConnection } from '../sqs-connection.js';
import { CLOCK, DEFAULT_CONNECTION } from '../tokens.js';
import { ShutdownHooks } from '../worker/shutdown-hooks.js';
import { AttachedApplication } from './attached-application.js';
import { LocalEndpoints } from './local-endpoints.js';
import { MemoryStores } from './memory-stores.js';
import { pendingWork } from './pending-work.js';
import { runTask, type RunTaskOptions } from './run-task.js';
import { RunningHandlers } from './running-handlers.js';
import { SentTasks, type SentTask } from './sent-tasks.js';
import { TaskSpy } from './task-spy.js';
import type { AttachOptions, DrainOptions, SqsCeleryTestingOptions, TestingBuilder } from './testing-options.js';
import { TestSite } from './test-site.js';
import { VirtualTime } from './virtual-time.js';

const DAY_MS = 86_400_000;
/** A loaded machine may need long for what happens at one moment. */
const SETTLING_PATIENCE_MS = 60_000;
const HANDLER_PATIENCE_MS = 500;

/**
 * Puts applications under test on a {@link LocalSqs}, with one clock for it and for them. Their modules stay as they are; no
 * credentials, region or environment are needed.
 *
 * ```ts
 * await using sqs = await SqsCeleryTesting.start();
 * const app = await sqs.attach(Test.createTestingModule({ imports: [AppModule] })).compile();
 * await app.init();
 * ```
 */
export class SqsCeleryTesting implements AsyncDisposable {
  /** What becomes of tasks. */
  readonly spy: TaskSpy;
  /** The clock of everything: it tells the time, and handlers may wait for it. It is moved by {@link advance}. */
  readonly clock: VirtualClock;
  readonly #time: VirtualTime;
  readonly #running: RunningHandlers;
  readonly #endpoints: LocalEndpoints;
  readonly #stores: MemoryStores;
  readonly #sent = new SentTasks();
  readonly #connections = new Set<SqsConnection>();

  private constructor({ startAt, quietTurns, patienceMs, handlerPatienceMs, ...sqs }: SqsCeleryTestingOptions) {
    const runMs = handlerPatienceMs ?? HANDLER_PATIENCE_MS;
    this.clock = new VirtualClock({ startAt, quietTurns, patienceMs: patienceMs ?? SETTLING_PATIENCE_MS });
    this.#time = new VirtualTime(this.clock);
    this.#running = new RunningHandlers(this.clock, runMs);
    this.#endpoints = new LocalEndpoints({ ...sqs, clock: this.clock });
    this.#stores = new MemoryStores(this.clock);
    this.spy = new TaskSpy({
      advanceUntil: (condition, maxMs) => this.#time.advanceUntil(condition, maxMs),
      isIdle: () => this.#busyQueues({ delayed: true }).length === 0,
      patienceMs: runMs,
    });
  }

  /** Starts an endpoint on a clock that stands still until it is moved. */
  static async start(options: SqsCeleryTestingOptions = {}): Promise<SqsCeleryTesting> {
    const testing = new SqsCeleryTesting(options);
    await testing.#endpoints.start(DEFAULT_CONNECTION);
    return testing;
  }

  /** The endpoint of the default connection: looks at queues, counts requests, makes faults. */
  get local(): LocalSqs {
    return this.localOf(DEFAULT_CONNECTION);
  }

  /**
   * The endpoint of a connection: each has one of its own, which attached applications with a connection of this name share.
   * @throws Error where no attached application has opened the connection
   */
  localOf(connection: string): LocalSqs {
    return this.#endpoints.get(connection);
  }

  /**
   * Puts an application here, with all of its connections: their clients, endpoints and queue URLs are replaced, and their queues are
   * created as the options say. It is to be called before the module is compiled; several applications may be attached.
   *
   * @param builder what `Test.createTestingModule({ imports: [AppModule] })` gives
   * @returns the same
   */
  attach<Builder extends TestingBuilder>(builder: Builder, options: AttachOptions = {}): Builder {
    const site = new TestSite({
      options,
      clock: this.clock,
      time: this.#time,
      running: this.#running,
      endpoints: this.#endpoints,
      stores: this.#stores,
      sent: this.#sent,
      spy: this.spy,
      connections: this.#connections,
    });
    const attached = new AttachedApplication(site);
    builder.overrideProvider(CLOCK).useValue(this.clock);
    builder.overrideProvider(CONNECTION_OVERRIDES).useValue(attached);
    builder.overrideProvider(ShutdownHooks).useValue(attached);
    return builder;
  }

  /**
   * Lets time pass, for the endpoint and for the applications.
   * @param ms milliseconds
   */
  advance(ms: number): Promise<void> {
    return this.#time.advance(ms);
  }

  /**
   * Runs tasks until no message is visible in a queue that an attached application consumes, and no handler runs; with `delayed`, until
   * none waits either.
   * @throws (rejects) Error, which names the queues, where that takes longer than `maxMs`
   */
  async drainAll({ delayed = false, maxMs = DAY_MS }: DrainOptions = {}): Promise<void> {
    try {
      await this.#time.advanceUntil(() => this.#busyQueues({ delayed }).length === 0, maxMs);
    } catch (cause) {
      const left = this.#busyQueues({ delayed }).join(', ') || 'no queue';
      throw new Error(`SqsCeleryTesting: drainAll has not ended; there is work left in: ${left}. ${String(cause)}`, {
        cause,
      });
    }
  }

  /**
   * What the attached applications have sent, by calls, as retries and as next steps of workflows, in order; eager tasks as well.
   * @param task name or definition. Default: all
   */
  sentTasks(task?: string | TaskDefinition): readonly SentTask[] {
    return this.#sent.of(task);
  }

  /** Forgets what was sent and what {@link spy} has seen. Queues keep what they have. */
  reset(): void {
    this.#sent.clear();
    this.spy.clear();
  }

  /**
   * Runs the handler of a task through guards, interceptors, pipes and exception filters, once and without SQS; nothing is sent, stored or
   * retried. Its arguments are what a worker would receive of those given.
   *
   * @param task a definition, or a name
   * @param options the arguments, and what else {@link TaskRequest} tells the handler
   * @returns what the handler returned
   * @throws (rejects) what it threw, `Retry`, `Ignore` and `Reject` included; `NotRegistered`
   */
  runTask<Definition extends TaskDefinition>(
    task: Definition,
    options?: RunTaskOptions<TaskArgs<Definition>, TaskKwargs<Definition>>,
  ): Promise<TaskResult<Definition>>;
  runTask<Result = unknown>(task: string, options?: RunTaskOptions): Promise<Result>;
  runTask(task: string | TaskDefinition, options: RunTaskOptions = {}): Promise<unknown> {
    return runTask(task, options, [...this.#connections]);
  }

  /** Ends the endpoints; to be called after the applications were closed. */
  async close(): Promise<void> {
    this.#running.close();
    await this.#endpoints.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Those with work left. */
  #busyQueues({ delayed }: { readonly delayed: boolean }): string[] {
    const work = [...this.#connections].flatMap((one) => pendingWork(one, this.localOf(one.name)));
    return work.filter(({ now, later }) => now || (delayed && later)).map(({ queue }) => queue);
  }
}
