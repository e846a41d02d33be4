import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SlotPool, type Consumer } from '#sqs';
import { TaskRegistry, Worker, WorkerEvents, logTaskEvents } from '#worker';
import { RawHandlers, logRawMessages } from '#worker';
import type { ResolvedOptions, ResolvedQueue } from '../options/resolve-options.js';
import { SqsConnection } from '../sqs-connection.js';
import { httpMessageOf } from '../tasks/http-message.js';
import { DeadLetterPoller } from './dead-letter-poller.js';
import { GlobalEnhancers } from './global-enhancers.js';
import { queueWarnings } from './queue-warnings.js';
import { ShutdownHooks } from './shutdown-hooks.js';
import { StartUpReport } from './start-up-report.js';
import { WorkerControl } from './worker-control.js';
import { WorkerParts } from './worker-parts.js';

/** Runs the consumers: starts them when the application has bootstrapped, drains them before any module is destroyed. */
@Injectable()
export class Poller implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Logger('celery.apps.worker');
  #consumers: readonly Consumer[] = [];
  #shutdownTimeoutMs = 0;
  #closed = false;

  constructor(
    private readonly connection: SqsConnection,
    private readonly registry: TaskRegistry,
    private readonly rawHandlers: RawHandlers,
    private readonly events: WorkerEvents,
    private readonly report: StartUpReport,
    private readonly enhancers: GlobalEnhancers,
    private readonly hooks: ShutdownHooks,
    private readonly control: WorkerControl,
    private readonly deadLetters: DeadLetterPoller,
    private readonly parts: WorkerParts,
  ) {}

  onApplicationBootstrap(): void {
    // A signal may have closed the application while the hook of another module was awaited.
    if (this.#closed) return;
    const { options } = this.connection.opened;
    const queues = options.queues.filter(({ consume }) => consume);
    if (!this.#polls(options, queues)) return;
    this.report.starting(queues, this.parts.hostname);
    this.#warn(queues);
    this.enhancers.report();
    this.#start(options, queues);
    this.report.ready(this.parts.hostname);
    this.hooks.watch();
  }

  /** Awaited by Nest: afterwards no handler runs, and whatever handlers need may be closed. */
  async onModuleDestroy(): Promise<void> {
    this.#closed = true;
    this.hooks.end();
    if (this.#consumers.length === 0) return;
    this.#log.log('worker: Warm shutdown');
    const shutdownTimeoutMs = this.#shutdownTimeoutMs;
    const stopped = this.#consumers.map((consumer) => consumer.stop({ shutdownTimeoutMs }));
    await Promise.all([...stopped, this.deadLetters.stop()]);
    this.#consumers = [];
    this.control.attach([]);
  }

  #polls({ worker }: ResolvedOptions, queues: readonly ResolvedQueue[]): boolean {
    if (worker === false) return false;
    if (this.registry.names().length === 0 && this.rawHandlers.queues().length === 0) {
      this.#log.log('No provider has @Task methods: nothing is polled, tasks can be sent.');
      if (worker) this.#log.warn('worker: true, but there is no @Task method: queues are not consumed.');
      return false;
    }
    if (queues.length === 0) {
      this.#log.warn('There are handlers, but every queue has consume: false: they will not run here.');
    }
    return queues.length > 0;
  }

  #warn(queues: readonly ResolvedQueue[]): void {
    const consumed = this.connection.opened.transport
      .queues()
      .filter(({ name }) => queues.some((queue) => queue.name === name));
    for (const warning of queueWarnings(consumed)) this.#log.warn(warning);
  }

  #start(options: ResolvedOptions, queues: readonly ResolvedQueue[]): void {
    const { transport } = this.connection.opened;
    const deps = this.parts.assemble();
    const { handle } = new Worker(deps);
    logRawMessages(this.events, new Logger('celery.app.trace'), httpMessageOf);
    logTaskEvents(this.events, new Logger('celery.app.trace'), logOptions(options));
    this.#shutdownTimeoutMs = options.shutdownTimeoutMs;
    const pool = poolOf(options);
    this.#consumers = queues.map(({ name, receive, weight }) =>
      transport.consume(name, { ...receive, weight, ...(pool && { pool }) }, handle),
    );
    for (const consumer of this.#consumers) consumer.start();
    this.control.attach(this.#consumers);
    if (options.deadLetterResults) this.deadLetters.start(deps);
  }
}

function logOptions({ resultreprMaxsize }: ResolvedOptions) {
  return { messageOf: httpMessageOf, ...(resultreprMaxsize !== undefined && { resultreprMaxsize }) };
}

function poolOf({ workerConcurrency: limit, queuePriority: order }: ResolvedOptions): SlotPool | undefined {
  return limit === undefined ? undefined : new SlotPool({ limit, ...(order && { order }) });
}
