import { hostname } from 'node:os';
import { Logger } from '@nestjs/common';
import type { Clock, Compressors, DecodeOptions, EncodeOptions } from '#celery';
import { EtaCheck, Producer, Publisher, ResultBackend } from '#producer';
import { SqsTransport } from '#sqs';
import { RawHandlers, TaskRegistry, TaskRequest, type TaskOptions } from '#worker';
import { availableCompressors } from './available-compressors.js';
import { NO_OVERRIDES, type ConnectionOverrides } from './connections/connection-overrides.js';
import { TaskRouter } from './connections/task-router.js';
import { ConnectionCosts } from './costs/connection-costs.js';
import { InvalidConfigurationError, NotConnectedError } from './errors.js';
import { TaskEvents } from './events/task-events.js';
import { RunningTasks } from './health/running-tasks.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { SqsCeleryOptions } from './options/sqs-celery-options.js';
import { openStores, type Stores } from './stores.js';
import type { TaskThreads } from './threads/task-threads.js';
import { queueProblems } from './worker/queue-warnings.js';
import { WorkerControl } from './worker/worker-control.js';

/** What is there between start and end of the application. */
interface Opened {
  readonly options: ResolvedOptions;
  readonly transport: SqsTransport;
  /** Where its tasks go. */
  readonly router: TaskRouter;
  readonly publisher: Publisher;
  readonly producer: Producer;
  readonly stores: Stores;
  /** Where results are asked for. */
  readonly backend: ResultBackend;
  /** How received messages are read. */
  readonly decode: DecodeOptions;
}

/**
 * One connection of the application to a broker, and what belongs to it alone: opened in `onModuleInit`, closed in
 * `onApplicationShutdown`.
 */
export class SqsConnection {
  /** The tasks that run for its messages. */
  readonly registry = new TaskRegistry();
  /** The handlers of its messages that are not Celery's. */
  readonly rawHandlers = new RawHandlers();
  readonly taskEvents = new TaskEvents();
  readonly events = this.taskEvents.worker;
  readonly control = new WorkerControl(this.events);
  /** What it asks of SQS. */
  readonly costs: ConnectionCosts;
  /** The tasks that run for its messages at present. */
  readonly running: RunningTasks;
  /** Where its tasks with `pool: 'threads'` run; undefined: in the main thread. */
  threads: TaskThreads | undefined;
  #opened: Opened | undefined;

  /**
   * @param name as in `forRoot`
   * @param given as they were given, not checked yet
   */
  constructor(
    readonly name: string,
    readonly given: SqsCeleryOptions,
    private readonly clock: Clock,
    private readonly overrides: ConnectionOverrides = NO_OVERRIDES,
  ) {
    this.costs = new ConnectionCosts(name, this.taskEvents);
    this.running = new RunningTasks(clock, this.events);
  }

  /** Whether a testing kit has put it elsewhere than its options say. */
  get isOverridden(): boolean {
    return this.overrides !== NO_OVERRIDES;
  }

  /** Whether it is between start and end. */
  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  /** @throws NotConnectedError before the start and after the end */
  get producer(): Producer {
    return this.opened.producer;
  }

  /** @throws NotConnectedError before the start and after the end */
  get opened(): Opened {
    if (!this.#opened) throw new NotConnectedError();
    return this.#opened;
  }

  /** The options of a task that is known here; those of any other are `taskDefaults`. */
  optionsOf(task: string): TaskOptions {
    return this.registry.get(task)?.options ?? this.opened.options.taskDefaults ?? {};
  }

  /**
   * Finds the queues; what fails here fails the start of the application.
   * @param given checked
   * @param consumes whether messages will be received, from the queues that say so
   */
  async open(given: ResolvedOptions, consumes: boolean): Promise<void> {
    const options = await this.overrides.options(given, this);
    const compressors = await availableCompressors(options.compression);
    const transport = new SqsTransport({
      ...definedOf(options),
      queues: options.queues.map(({ receive: _receive, weight: _weight, longEta: _longEta, ...queue }) => ({
        ...queue,
        consume: consumes && queue.consume,
      })),
      clock: this.clock,
      log: new Logger('kombu.transport.SQS'),
      events: this.costs.requests,
    });
    this.costs.begin(options.queues);
    try {
      await transport.prepare();
      if (consumes) checkQueues(transport, options);
    } catch (error) {
      await transport.close();
      throw error;
    }
    const publisher = new Publisher({
      sender: this.overrides.sender(transport.sender, this),
      clock: this.clock,
      encode: encodeOptions(options, compressors),
      etaCheck: etaCheck(options, consumes),
      listeners: this.taskEvents.publishing,
    });
    const router = new TaskRouter(options, (task) => this.registry.get(task)?.options.queue);
    const stores = openStores(options, this.clock);
    const backend = new ResultBackend({ ...stores, clock: this.clock, currentTask: () => TaskRequest.current() });
    const producer = this.#producer(publisher, backend, router, options);
    const decode = decodeOptions(options, compressors);
    this.#opened = { options, transport, router, publisher, producer, stores, backend, decode };
  }

  async close(): Promise<void> {
    await this.taskEvents.settled(this.clock);
    const opened = this.#opened;
    this.#opened = undefined;
    await this.threads?.close(0);
    opened?.backend.close();
    await opened?.transport.close();
    await opened?.stores.close();
    if (opened) this.costs.report();
  }

  #producer(publisher: Publisher, backend: ResultBackend, router: TaskRouter, options: ResolvedOptions): Producer {
    return new Producer({
      publisher,
      backend,
      clock: this.clock,
      origin: `gen${process.pid}@${hostname()}`,
      route: (call) => router.routeToListed(call),
      currentTask: () => TaskRequest.current(),
      ...(options.argsreprMaxsize !== undefined && { argsreprMaxsize: options.argsreprMaxsize }),
    });
  }
}

/** Who consumes a queue here knows how to wait; the workers of a queue that is only sent to may be Python's. */
function etaCheck({ queues }: ResolvedOptions, consumes: boolean): EtaCheck {
  const policies = new Map(
    queues.map(({ name, consume, longEta }) => [name, longEta ?? (consumes && consume ? 'allow' : 'warn')] as const),
  );
  return new EtaCheck({ policy: (queue) => policies.get(queue) ?? 'warn', log: new Logger('celery.app.amqp') });
}

function checkQueues(transport: SqsTransport, options: ResolvedOptions): void {
  const consumed = new Set(options.queues.filter(({ consume }) => consume).map(({ name }) => name));
  const problems = queueProblems(
    transport.queues().filter(({ name }) => consumed.has(name)),
    options,
  );
  if (problems.length > 0) throw new InvalidConfigurationError(problems);
}

function definedOf({ client, clientConfig, createMissingQueues }: ResolvedOptions) {
  return {
    ...(client && { client }),
    ...(clientConfig && { clientConfig }),
    ...(createMissingQueues !== undefined && { createMissingQueues }),
  };
}

function encodeOptions({ envelope, jsonTypes, compression }: ResolvedOptions, compressors: Compressors): EncodeOptions {
  return {
    compressors,
    ...(envelope && { envelope }),
    ...(jsonTypes && { jsonTypes }),
    ...(compression !== undefined && { compression }),
  };
}

function decodeOptions({ acceptContent, jsonTypes }: ResolvedOptions, compressors: Compressors): DecodeOptions {
  return { compressors, ...(acceptContent && { acceptContent }), ...(jsonTypes && { jsonTypes }) };
}
