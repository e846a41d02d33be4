import { release } from 'node:os';
import { Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { TaskRegistry } from '#worker';
import { withoutCredentials } from '#sqs';
import type { ResolvedQueue } from '../options/resolve-options.js';
import { SqsConnection } from '../sqs-connection.js';
import { VERSION } from '../version.js';
import { banner } from './banner.js';
import { maskedTransportUrl } from './transport-url.js';

/** Says what starts, in the words of Celery's worker. */
@Injectable()
export class StartUpReport {
  readonly #log = new Logger('celery.apps.worker');
  readonly #connectionLog = new Logger('celery.worker.consumer.connection');

  constructor(
    private readonly connection: SqsConnection,
    private readonly registry: TaskRegistry,
    private readonly modules: ModulesContainer,
  ) {}

  /** The banner. */
  starting(queues: readonly ResolvedQueue[], hostname: string): void {
    const text = banner({
      hostname,
      version: VERSION,
      platform: `${process.platform}-${release()}-${process.arch} Node ${process.version}`,
      app: this.#rootModule(),
      transport: this.#transport(),
      results: this.#results(),
      concurrency: this.#concurrency(queues),
      queues: queues.map(({ name }) => name),
      tasks: this.registry.names(),
    });
    // A line of its own under the prefix of Nest's logger keeps the columns straight.
    this.#log.log(`\n${text}\n`);
  }

  ready(hostname: string): void {
    this.#connectionLog.log(`Connected to ${this.#transport()}`);
    this.#log.log(`${hostname} ready.`);
  }

  #concurrency(queues: readonly ResolvedQueue[]): number {
    const ofQueues = queues.reduce((sum, { receive }) => sum + receive.concurrency, 0);
    return Math.min(ofQueues, this.connection.opened.options.workerConcurrency ?? Infinity);
  }

  #results(): string {
    const { resultBackend } = this.connection.opened.options;
    if (resultBackend === undefined) return 'disabled://';
    return typeof resultBackend === 'string' ? withoutCredentials(resultBackend) : resultBackend.constructor.name;
  }

  #transport(): string {
    const { options, transport } = this.connection.opened;
    return maskedTransportUrl(options.clientConfig, transport.queues()[0]?.url);
  }

  /** Nest registers the root module first, after its own. */
  #rootModule(): string {
    return [...this.modules.values()].find(({ name }) => name !== 'InternalCoreModule')?.name ?? 'default';
  }
}
