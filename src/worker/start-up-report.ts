import { release } from 'node:os';
import { Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { withoutCredentials } from '#sqs';
import type { ResolvedQueue } from '../options/resolve-options.js';
import type { SqsConnection } from '../sqs-connection.js';
import { DEFAULT_CONNECTION } from '../tokens.js';
import { VERSION } from '../version.js';
import { banner } from './banner.js';
import { maskedTransportUrl } from './transport-url.js';

/** Says what starts, in the words of Celery's worker. */
@Injectable()
export class StartUpReport {
  readonly #log = new Logger('celery.apps.worker');
  readonly #connectionLog = new Logger('celery.worker.consumer.connection');

  constructor(private readonly modules: ModulesContainer) {}

  /** The banner of a connection. */
  starting(connection: SqsConnection, queues: readonly ResolvedQueue[], hostname: string): void {
    const text = banner({
      hostname,
      version: VERSION,
      platform: `${process.platform}-${release()}-${process.arch} Node ${process.version}`,
      app: this.#app(connection),
      transport: transportOf(connection),
      results: resultsOf(connection),
      concurrency: concurrencyOf(connection, queues),
      queues: queues.map(({ name }) => name),
      tasks: connection.registry.names(),
    });
    // A line of its own under the prefix of Nest's logger keeps the columns straight.
    this.#log.log(`\n${text}\n`);
  }

  ready(connection: SqsConnection, hostname: string): void {
    this.#connectionLog.log(`Connected to ${transportOf(connection)}`);
    this.#log.log(`${hostname} ready.`);
  }

  /** The root module, which Nest registers first after its own, and which of its connections. */
  #app({ name }: SqsConnection): string {
    const root = [...this.modules.values()].find((module) => module.name !== 'InternalCoreModule')?.name ?? 'default';
    return name === DEFAULT_CONNECTION ? root : `${root} (${name})`;
  }
}

function concurrencyOf({ opened }: SqsConnection, queues: readonly ResolvedQueue[]): number {
  const ofQueues = queues.reduce((sum, { receive }) => sum + receive.concurrency, 0);
  return Math.min(ofQueues, opened.options.workerConcurrency ?? Infinity);
}

function resultsOf({ opened }: SqsConnection): string {
  const { resultBackend } = opened.options;
  if (resultBackend === undefined) return 'disabled://';
  return typeof resultBackend === 'string' ? withoutCredentials(resultBackend) : resultBackend.constructor.name;
}

function transportOf({ opened: { options, transport } }: SqsConnection): string {
  return maskedTransportUrl(options.clientConfig, transport.queues()[0]?.url);
}
