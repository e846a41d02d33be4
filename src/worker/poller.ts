import { hostname } from 'node:os';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '#celery';
import { SlotPool, type Consumer } from '#sqs';
import { TaskRegistry, Worker, WorkerEvents, logTaskEvents, type WorkerOptions } from '#worker';
import { RawHandlers, logRawMessages } from '#worker';
import type { ResolvedOptions, ResolvedQueue } from '../options/resolve-options.js';
import { SqsConnection } from '../sqs-connection.js';
import { httpMessageOf } from '../tasks/http-message.js';
import { CLOCK } from '../tokens.js';
import { GlobalEnhancers } from './global-enhancers.js';
import { queueWarnings } from './queue-warnings.js';
import { ShutdownHooks } from './shutdown-hooks.js';
import { StartUpReport } from './start-up-report.js';
import { WorkerControl } from './worker-control.js';

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
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    // A signal may have closed the application while the hook of another module was awaited.
    if (this.#closed) return;
    const { options } = this.connection.opened;
    const queues = options.queues.filter(({ consume }) => consume);
    if (!this.#polls(options, queues)) return;
    this.report.starting(queues, `celery@${hostname()}`);
    this.#warn(queues);
    this.enhancers.report();
    this.#start(options, queues);
    this.report.ready(`celery@${hostname()}`);
    this.hooks.watch();
  }

  /** Awaited by Nest: afterwards no handler runs, and whatever handlers need may be closed. */
  async onModuleDestroy(): Promise<void> {
    this.#closed = true;
    this.hooks.end();
    if (this.#consumers.length === 0) return;
    this.#log.log('worker: Warm shutdown');
    const shutdownTimeoutMs = this.#shutdownTimeoutMs;
    await Promise.all(this.#consumers.map((consumer) => consumer.stop({ shutdownTimeoutMs })));
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
    const { handle } = this.#worker(options);
    logRawMessages(this.events, new Logger('celery.app.trace'), httpMessageOf);
    logTaskEvents(this.events, new Logger('celery.app.trace'), logOptions(options));
    this.#shutdownTimeoutMs = options.shutdownTimeoutMs;
    const pool = poolOf(options);
    this.#consumers = queues.map(({ name, receive, weight }) =>
      transport.consume(name, { ...receive, weight, ...(pool && { pool }) }, handle),
    );
    for (const consumer of this.#consumers) consumer.start();
    this.control.attach(this.#consumers);
  }

  #worker(options: ResolvedOptions): Worker {
    const { registry, events, clock } = this;
    const { transport, publisher, decode, stores } = this.connection.opened;
    return new Worker({
      registry,
      rawHandlers: this.rawHandlers,
      messageOf: httpMessageOf,
      publisher,
      sender: transport.sender,
      clock,
      events,
      hostname: `celery@${hostname()}`,
      route: (task) => this.connection.optionsOf(task).queue ?? options.taskDefaultQueue,
      decode,
      counts: (queue) => transport.counts(queue),
      stores,
      options: workerOptions(options),
    });
  }
}

/** The transport's default, for queues that do not say otherwise. */
const WAIT_TIME_SECONDS = 20;

function logOptions({ resultreprMaxsize }: ResolvedOptions) {
  return { messageOf: httpMessageOf, ...(resultreprMaxsize !== undefined && { resultreprMaxsize }) };
}

function poolOf({ workerConcurrency: limit, queuePriority: order }: ResolvedOptions): SlotPool | undefined {
  return limit === undefined ? undefined : new SlotPool({ limit, ...(order && { order }) });
}

function workerOptions(options: ResolvedOptions): WorkerOptions {
  const { maxDeliveries, unknownTask, poison, argsreprMaxsize, admission } = options;
  const { resultExtended, backoffPolicy, backoffTasks, queues } = options;
  return {
    ...(maxDeliveries !== undefined && { maxDeliveries }),
    ...(unknownTask && { unknownTask }),
    ...(poison && { poison }),
    ...(argsreprMaxsize !== undefined && { argsreprMaxsize }),
    ...(admission && { admission }),
    ...(options.onDeadLetter && { onDeadLetter: options.onDeadLetter }),
    ...(resultExtended !== undefined && { resultExtended }),
    ...(backoffPolicy && { backoffPolicy }),
    ...(backoffTasks && { backoffTasks }),
    requeueDelay: (name) => queues.find((queue) => queue.name === name)?.receive.waitTimeSeconds ?? WAIT_TIME_SECONDS,
  };
}
