import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#celery';
import { InvalidConfigurationError } from '../errors.js';
import type { SqsCeleryOptions } from '../options/sqs-celery-options.js';
import { SqsConnection } from '../sqs-connection.js';
import { CLOCK, DEFAULT_CONNECTION } from '../tokens.js';
import { CONNECTION_OVERRIDES, type ConnectionOverrides } from './connection-overrides.js';
import type { SqsCeleryFeature } from './sqs-celery-feature.js';

const TOO_LATE =
  'SqsCeleryModule cannot be imported by a module that is loaded lazily: connections and queues are found when the application starts';

/** Every connection of the application, for what looks at all of them. */
@Injectable()
export class SqsConnections {
  readonly #connections: SqsConnection[] = [];
  readonly #features: SqsCeleryFeature[] = [];
  #sealed = false;
  #draining = false;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONNECTION_OVERRIDES) private readonly overrides: ConnectionOverrides,
  ) {}

  /** All, in the order of their imports; they are open from `onModuleInit` until `onApplicationShutdown`. */
  all(): readonly SqsConnection[] {
    return [...this.#connections];
  }

  /** @throws Error where no connection has the name. Default: the default connection */
  get(name: string = DEFAULT_CONNECTION): SqsConnection {
    const connection = this.#connections.find((candidate) => candidate.name === name);
    if (connection) return connection;
    const names = this.#connections.map((candidate) => candidate.name);
    throw new Error(`SqsCeleryModule has no connection '${name}'; it has ${names.join(', ') || 'none'}.`);
  }

  /** What `forFeature` declared, in the order of the imports. */
  get features(): readonly SqsCeleryFeature[] {
    return [...this.#features];
  }

  /** @internal Two of one name are found by the assembly, which lists every problem at once. */
  add(name: string, options: SqsCeleryOptions): SqsConnection {
    this.#checkOpen();
    const connection = new SqsConnection(name, options, this.clock, this.overrides);
    this.#connections.push(connection);
    return connection;
  }

  /** @internal */
  declare(feature: SqsCeleryFeature): void {
    this.#checkOpen();
    this.#features.push(feature);
  }

  /** Whether the application is closing: nothing is received any more. */
  get draining(): boolean {
    return this.#draining;
  }

  /** @internal The poller says so. */
  drain(): void {
    this.#draining = true;
  }

  /** @internal From now on nothing can be added. */
  seal(): void {
    this.#sealed = true;
  }

  /** @internal Waits for all, whatever becomes of one. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.#connections.map((connection) => connection.close()));
    const failed = closed.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #checkOpen(): void {
    if (this.#sealed) throw new InvalidConfigurationError([TOO_LATE]);
  }
}
