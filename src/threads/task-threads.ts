import { BroadcastChannel } from 'node:worker_threads';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Logger, type LogLevel } from '@nestjs/common';
import type { Clock, JsonTypes } from '#celery';
import type { RegisteredTask, TaskRequest } from '#worker';
import { InvalidConfigurationError } from '../errors.js';
import { openPool, type ImportPiscina, type Pool } from './piscina-package.js';
import { workerDataOf, type ChannelMessage, type ProbeAnswer } from './thread-messages.js';
import { ThreadRun } from './thread-run.js';
import type { ResolvedThreads } from './threads-options.js';

export interface TaskThreadsDeps {
  /** Name of the connection whose tasks run in them. */
  readonly connection: string;
  readonly options: ResolvedThreads;
  readonly jsonTypes?: JsonTypes | undefined;
  readonly clock: Clock;
  readonly importPiscina?: ImportPiscina;
}

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Beside this file, compiled or not: Node loads sources with the hooks of `execArgv`. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);

/** The threads of one connection: a pool of piscina's, each with an application of its own. */
export class TaskThreads {
  readonly #log = new Logger('celery.concurrency.threads');
  readonly #deps: TaskThreadsDeps;
  readonly #runs = new WeakMap<TaskRequest, ThreadRun>();
  readonly #channelName = `nestjs-sqs-celery-${randomUUID()}`;
  #pool: Pool | undefined;

  constructor(deps: TaskThreadsDeps) {
    this.#deps = deps;
  }

  /** How a task runs here. */
  get task(): Required<Pick<RegisteredTask, 'run' | 'begun' | 'terminate'>> {
    return {
      run: (request) => this.#run(request),
      begun: (request) => this.#runs.get(request)?.begun ?? Promise.resolve(),
      terminate: (request) => this.#runs.get(request)?.terminate(),
    };
  }

  /**
   * Starts the first threads. What would fail in every thread fails the start of the application instead.
   * @param tasks names of the tasks that are to run in them
   * @throws (rejects) InvalidConfigurationError
   */
  async open(tasks: readonly string[]): Promise<void> {
    this.#pool = await this.#openPool();
    this.#pool.on('error', (error) => this.#tellOf(error));
    const problems = await this.#probe(this.#pool, tasks);
    if (problems.length === 0) return;
    await this.close(0);
    throw new InvalidConfigurationError(problems);
  }

  /**
   * Lets the applications of the threads close, and ends the threads; harmless when repeated.
   * @param patienceMs milliseconds that they have for it
   */
  async close(patienceMs: number): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    if (!pool) return;
    if (patienceMs > 0) await this.#closeApplications(pool.threads.length, patienceMs);
    await pool.destroy();
  }

  #openPool(): Promise<Pool> {
    const { options, importPiscina } = this.#deps;
    const { module, export: exported, minThreads, maxThreads, resourceLimits, execArgv } = options;
    const logLevels = LEVELS.filter((level) => Logger.isLevelEnabled(level));
    return openPool(
      {
        filename: fileURLToPath(ENTRY),
        name: 'run',
        minThreads,
        maxThreads,
        workerData: workerDataOf({ module, export: exported, logLevels, channel: this.#channelName }),
        // The main thread has told its user already.
        env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
        // Ended for its idleness, a thread could not close its application.
        idleTimeout: Infinity,
        // Between two tasks, piscina would block the thread's event loop, and with it the application's connections.
        atomics: 'disabled',
        recordTiming: false,
        ...(resourceLimits && { resourceLimits }),
        ...(execArgv && { execArgv: [...execArgv] }),
      },
      importPiscina,
    );
  }

  async #probe(pool: Pool, tasks: readonly string[]): Promise<string[]> {
    const { connection, options } = this.#deps;
    // So many at once take a thread each.
    const answers = await Promise.all(
      Array.from({ length: options.minThreads }, () =>
        pool.run({ kind: 'probe', connection, tasks }).catch(notStarted),
      ),
    );
    const where = `${options.export} of ${options.module}`;
    const failed = (answers as ProbeAnswer[]).find(({ kind }) => kind === 'notStarted');
    const [answer] = (failed ? [failed] : answers) as ProbeAnswer[];
    if (answer?.kind === 'notStarted') return [`threads: ${where} does not start in a thread: ${answer.reason}`];
    return (answer?.missing ?? []).map(
      (task) =>
        `threads: ${where} has no task '${task}': the module that is named must be the application's own root module`,
    );
  }

  async #run(request: TaskRequest): Promise<unknown> {
    const { connection, jsonTypes } = this.#deps;
    if (!this.#pool) throw new Error(`Task ${request.task} runs in threads, which are not open.`);
    const run = new ThreadRun(request, { pool: this.#pool, connection, jsonTypes });
    this.#runs.set(request, run);
    return run.run();
  }

  /** Resolves when all threads have closed their applications, or when the time is over. */
  async #closeApplications(threads: number, patienceMs: number): Promise<void> {
    const channel = new BroadcastChannel(this.#channelName);
    let closed = 0;
    await new Promise<void>((resolve) => {
      const timer = this.#deps.clock.setTimeout(resolve, patienceMs);
      channel.onmessage = (event) => {
        if ((event as { data: ChannelMessage }).data.kind === 'closed') closed += 1;
        if (closed < threads) return;
        timer.cancel();
        resolve();
      };
      channel.postMessage({ kind: 'close' } satisfies ChannelMessage);
    });
    channel.close();
  }

  #tellOf(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#log.error('A thread ended while it ran no task; another takes its place when it is needed', stack);
  }
}

/** The thread ended before it could say why. */
function notStarted(error: unknown): ProbeAnswer {
  return { kind: 'notStarted', reason: String(error) };
}
