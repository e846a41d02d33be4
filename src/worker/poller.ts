import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Clock } from '#celery';
import { SqsConnections } from '../connections/sqs-connections.js';
import type { SqsConnection } from '../sqs-connection.js';
import { CLOCK, DEFAULT_CONNECTION } from '../tokens.js';
import { ConnectionWorker } from './connection-worker.js';
import { EVENT_SOURCE } from './event-source.js';
import { GlobalEnhancers } from './global-enhancers.js';
import { handlerWarnings } from './handler-warnings.js';
import { queueWarnings } from './queue-warnings.js';
import { ShutdownHooks } from './shutdown-hooks.js';
import { StartUpReport } from './start-up-report.js';
import { nodeName } from './worker-parts.js';

/**
 * Runs the workers of all connections: starts them when the application has bootstrapped, and drains them together before any
 * module is destroyed.
 */
@Injectable()
export class Poller implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Logger('celery.apps.worker');
  #workers: readonly ConnectionWorker[] = [];
  #closed = false;

  constructor(
    private readonly connections: SqsConnections,
    private readonly report: StartUpReport,
    private readonly enhancers: GlobalEnhancers,
    private readonly hooks: ShutdownHooks,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() @Inject(EVENT_SOURCE) private readonly isFed: boolean = false,
  ) {}

  onApplicationBootstrap(): void {
    // A signal may have closed the application while the hook of another module was awaited.
    if (this.#closed || this.isFed) return;
    this.#workers = this.connections
      .all()
      .flatMap((connection) => this.#workerOf(connection) ?? this.#none(connection));
    if (this.#workers.length === 0) return;
    for (const worker of this.#workers) this.#announce(worker);
    this.enhancers.report();
    for (const worker of this.#workers) {
      worker.start();
      this.report.ready(worker.connection, nodeName());
    }
    this.hooks.watch();
  }

  /** Awaited by Nest: afterwards no handler runs, and whatever handlers need may be closed. */
  async onModuleDestroy(): Promise<void> {
    this.#closed = true;
    this.connections.drain();
    this.hooks.end();
    await this.#stopWorkers();
    // What listeners need may be closed from here on.
    await Promise.all(this.connections.all().map(({ taskEvents }) => taskEvents.settled(this.clock)));
  }

  async #stopWorkers(): Promise<void> {
    if (this.#workers.length === 0) return;
    this.#log.log('worker: Warm shutdown');
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    this.#workers = [];
  }

  #workerOf(connection: SqsConnection): ConnectionWorker | undefined {
    const { options } = connection.opened;
    if (options.worker === false) return undefined;
    if (connection.registry.names().length === 0 && connection.rawHandlers.queues().length === 0) {
      this.#tellOfNoTasks(connection);
      return undefined;
    }
    const queues = options.queues.filter(({ consume }) => consume);
    if (queues.length > 0) return new ConnectionWorker(connection, queues, this.clock);
    this.#log.warn(
      `${prefixOf(connection)}There are handlers, but every queue has consume: false: they will not run here.`,
    );
    return undefined;
  }

  #none({ control }: SqsConnection): [] {
    control.attach([]);
    return [];
  }

  #tellOfNoTasks(connection: SqsConnection): void {
    const prefix = prefixOf(connection);
    this.#log.log(`${prefix}No provider has @Task methods: nothing is polled, tasks can be sent.`);
    if (connection.given.worker !== true) return;
    this.#log.warn(`${prefix}worker: true, but there is no @Task method: queues are not consumed.`);
  }

  #announce({ connection, queues }: ConnectionWorker): void {
    this.report.starting(connection, queues, nodeName());
    const { registry, rawHandlers, opened } = connection;
    const consumed = opened.transport.queues().filter(({ name }) => queues.some((queue) => queue.name === name));
    const warnings = [...queueWarnings(consumed), ...handlerWarnings({ registry, rawHandlers, ...opened })];
    for (const warning of warnings) this.#log.warn(prefixOf(connection) + warning);
  }
}

/** Names a connection where that says something. */
function prefixOf({ name }: SqsConnection): string {
  return name === DEFAULT_CONNECTION ? '' : `Connection ${name}: `;
}
