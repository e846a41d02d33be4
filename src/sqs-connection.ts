import { hostname } from 'node:os';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock, Compressors, DecodeOptions, EncodeOptions } from '#celery';
import { EtaCheck, Producer, Publisher, ResultBackend } from '#producer';
import { SqsTransport } from '#sqs';
import { TaskRegistry, TaskRequest, type TaskOptions } from '#worker';
import { availableCompressors } from './available-compressors.js';
import { InvalidConfigurationError, NotConnectedError, UndefinedQueueError } from './errors.js';
import { queueOfPriority } from './options/priority-queues.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { openStores, type Stores } from './stores.js';
import { CLOCK } from './tokens.js';
import { queueProblems } from './worker/queue-warnings.js';

/** What is there between start and end of the application. */
interface Opened {
  readonly options: ResolvedOptions;
  readonly transport: SqsTransport;
  readonly publisher: Publisher;
  readonly producer: Producer;
  readonly stores: Stores;
  /** Where results are asked for. */
  readonly backend: ResultBackend;
  /** How received messages are read. */
  readonly decode: DecodeOptions;
}

/** The application's connection to its broker: opened in `onModuleInit`, closed in `onApplicationShutdown`. */
@Injectable()
export class SqsConnection {
  #opened: Opened | undefined;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly registry: TaskRegistry,
  ) {}

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
   * @param consumes whether messages will be received, from the queues that say so
   */
  async open(options: ResolvedOptions, consumes: boolean): Promise<void> {
    const compressors = await availableCompressors(options.compression);
    const transport = new SqsTransport({
      ...definedOf(options),
      queues: options.queues.map(({ receive: _receive, weight: _weight, longEta: _longEta, ...queue }) => ({
        ...queue,
        consume: consumes && queue.consume,
      })),
      clock: this.clock,
      log: new Logger('kombu.transport.SQS'),
    });
    try {
      await transport.prepare();
      if (consumes) checkQueues(transport, options);
    } catch (error) {
      await transport.close();
      throw error;
    }
    const publisher = new Publisher({
      sender: transport.sender,
      clock: this.clock,
      encode: encodeOptions(options, compressors),
      etaCheck: etaCheck(options, consumes),
    });
    const stores = openStores(options, this.clock);
    const backend = new ResultBackend({ ...stores, clock: this.clock, currentTask: () => TaskRequest.current() });
    const producer = this.#producer(publisher, backend, options);
    const decode = decodeOptions(options, compressors);
    this.#opened = { options, transport, publisher, producer, stores, backend, decode };
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.backend.close();
    await opened?.transport.close();
    await opened?.stores.close();
  }

  #producer(publisher: Publisher, backend: ResultBackend, options: ResolvedOptions): Producer {
    return new Producer({
      publisher,
      backend,
      clock: this.clock,
      origin: `gen${process.pid}@${hostname()}`,
      route: (task, given, priority) => this.#route(task, given, priority, options),
      currentTask: () => TaskRequest.current(),
      ...(options.argsreprMaxsize !== undefined && { argsreprMaxsize: options.argsreprMaxsize }),
    });
  }

  /** The queue given, the task's own, or the default, or the one beside it for the message's priority. */
  #route(task: string, given: string | undefined, priority: number | undefined, options: ResolvedOptions): string {
    const { queues, taskDefaultQueue } = options;
    const queue = queueOfPriority(given ?? this.optionsOf(task).queue ?? taskDefaultQueue, priority, options);
    if (queues.some(({ name }) => name === queue)) return queue;
    throw new UndefinedQueueError(
      queue,
      task,
      queues.map(({ name }) => name),
    );
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
