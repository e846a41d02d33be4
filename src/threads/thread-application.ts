import { BroadcastChannel } from 'node:worker_threads';
import { Logger, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Clock } from '#celery';
import { StateUpdates, TaskRequest, execute } from '#worker';
import { SqsConnections } from '../connections/sqs-connections.js';
import type { SqsConnection } from '../sqs-connection.js';
import { CLOCK } from '../tokens.js';
import { RunPort } from './run-port.js';
import { decodeCall } from './thread-call.js';
import type { ChannelMessage, ProbeAnswer, ProbeMessage, RunMessage, ThreadData } from './thread-messages.js';
import { deliveryElsewhere } from './thread-delivery.js';
import { encodeEnd, encodeNotStarted } from './thread-outcome.js';

/** The application of one thread, without a worker: its handlers are called by that of the main thread. */
export class ThreadApplication {
  readonly #log = new Logger('celery.concurrency.threads');
  readonly #channel: BroadcastChannel;
  #context: Promise<INestApplicationContext> | undefined;

  constructor(private readonly data: ThreadData) {
    this.#channel = new BroadcastChannel(data.channel);
    this.#channel.onmessage = (event) => {
      if ((event as { data: ChannelMessage }).data.kind === 'close') void this.#close();
    };
  }

  /** Starts before there is a task, whose time limits would run meanwhile. */
  prepare(): void {
    // Whoever needs it starts it again, and is told.
    this.#started().catch(() => undefined);
  }

  async probe({ connection, tasks }: ProbeMessage): Promise<ProbeAnswer> {
    try {
      const { registry } = await this.#connection(connection);
      return { kind: 'ready', missing: tasks.filter((task) => registry.get(task) === undefined) };
    } catch (error) {
      return { kind: 'notStarted', reason: reasonOf(error) };
    }
  }

  /** Answers how the run ended, as text. */
  async run(message: RunMessage): Promise<string> {
    try {
      const connection = await this.#connection(message.connection);
      return await this.#execute(connection, message);
    } catch (error) {
      return encodeNotStarted(reasonOf(error));
    }
  }

  async #execute(connection: SqsConnection, { call, port }: RunMessage): Promise<string> {
    const { jsonTypes } = connection.opened.options;
    const runPort = new RunPort(port, jsonTypes);
    const { results } = connection.opened.stores;
    const states = new StateUpdates(results && runPort.storeState);
    const { received, ...init } = decodeCall(call, jsonTypes);
    const { signal } = runPort;
    const request = new TaskRequest({
      ...init,
      delivery: deliveryElsewhere(received, signal),
      signal: () => signal,
      states,
    });
    const task = connection.registry.get(request.task);
    if (!task) throw new Error(`it has no task '${request.task}'`);
    const clock = await this.#clock();
    runPort.begin();
    const outcome = await execute({ task, request, limits: undefined }, clock, connection.events);
    await states.end();
    runPort.close();
    return encodeEnd(outcome, task, request, jsonTypes);
  }

  async #connection(name: string): Promise<SqsConnection> {
    return (await this.#started()).get(SqsConnections, { strict: false }).get(name);
  }

  async #clock(): Promise<Clock> {
    return (await this.#started()).get<Clock>(CLOCK, { strict: false });
  }

  /** Once; a start that failed is tried again by the next task. */
  #started(): Promise<INestApplicationContext> {
    this.#context ??= this.#start().catch((error: unknown) => {
      this.#context = undefined;
      throw error;
    });
    return this.#context;
  }

  async #start(): Promise<INestApplicationContext> {
    const { module: url, export: name, logLevels } = this.data;
    const exported = (await import(url)) as Readonly<Record<string, unknown>>;
    const module = exported[name];
    if (!isModule(module))
      throw new Error(`it exports no module ${name}, but ${Object.keys(exported).join(', ') || 'nothing'}`);
    // What a start says has been said in the main thread.
    const logger = logLevels.filter((level) => level === 'fatal' || level === 'error');
    const context = await NestFactory.createApplicationContext(module, { abortOnError: false, logger });
    Logger.overrideLogger([...logLevels]);
    return context;
  }

  async #close(): Promise<void> {
    try {
      await (await this.#context)?.close();
    } catch (error) {
      this.#log.error('The application of a thread did not close', error instanceof Error ? error.stack : undefined);
    }
    this.#channel.postMessage({ kind: 'closed' } satisfies ChannelMessage);
  }
}

function isModule(value: unknown): value is Type | DynamicModule {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && 'module' in value);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
