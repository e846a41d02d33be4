import { systemClock } from '#celery';
import type { Clock, Log } from '#celery/ports';
import { BackendError } from '../errors.js';
import { Deadline } from '../deadline.js';
import { nameOf, requestFailure } from './dynamodb-failure.js';
import { loadDynamoDb } from './dynamodb-package.js';
import type { DynamoDbClientLike, DynamoDbPackage, ImportDynamoDb } from './dynamodb-package.js';
import { parseDynamoDbUrl, tableOf, type DynamoDbUrl } from './dynamodb-url.js';
import { createTable, enableTtl, type TableSetup } from './table-setup.js';

/** How DynamoDB is reached. */
export interface DynamoDbConnectionOptions {
  /** The table, where a client is given instead of a URL. Default: Celery's, `celery`. */
  readonly table?: string;
  /** Milliseconds within which a request must be answered, the SDK's own attempts included. Default 5000. */
  readonly commandTimeoutMs?: number;
  /** Told of tables that are created. Default: nobody. */
  readonly log?: Log;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Imports the package `@aws-sdk/client-dynamodb`. Default: Node's own import. */
  readonly importDynamoDb?: ImportDynamoDb;
}

interface Opened {
  readonly dynamoDb: DynamoDbPackage;
  readonly client: DynamoDbClientLike;
}

const COMMAND_TIMEOUT_MS = 5_000;

/**
 * Sends requests for one table. The package is loaded, and the client made, with the first of them; a table that does not exist is
 * created then, as Celery does.
 */
export class DynamoDbLink {
  readonly url: DynamoDbUrl;
  readonly clock: Clock;
  readonly #given: DynamoDbClientLike | undefined;
  readonly #options: DynamoDbConnectionOptions;
  readonly #timeoutMs: number;
  #opening: Promise<Opened> | undefined;
  #creating: Promise<void> | undefined;
  #closed = false;

  /**
   * @param dynamoDb a URL as Celery's `result_backend`, or a client, which stays the caller's
   * @throws ImproperlyConfigured for a URL that cannot be used
   */
  constructor(dynamoDb: string | DynamoDbClientLike, options: DynamoDbConnectionOptions) {
    this.#given = typeof dynamoDb === 'string' ? undefined : dynamoDb;
    this.url = typeof dynamoDb === 'string' ? parseDynamoDbUrl(dynamoDb) : tableOf(options.table);
    this.clock = options.clock ?? systemClock;
    this.#timeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
    this.#options = options;
  }

  /**
   * @param expected what an error of the SDK's stands for, where it is an answer
   * @throws (rejects) BackendError @throws (rejects) ImproperlyConfigured
   */
  async request(
    operation: string,
    make: (dynamoDb: DynamoDbPackage) => object,
    expected: (error: unknown) => object | undefined = () => undefined,
  ): Promise<object> {
    if (this.#closed) throw new BackendError(`${this.url.shown} is closed`);
    try {
      const opened = await this.#open();
      return await this.#sendOrCreate(operation, opened, make(opened.dynamoDb));
    } catch (error) {
      const answer = expected(error);
      if (answer) return answer;
      throw requestFailure(this.url.shown, operation, error);
    }
  }

  /** Ends the client if it was made here. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#given) return;
    // One that could not be made has told whoever asked for it.
    const opened = await this.#opening?.catch(() => undefined);
    opened?.client.destroy();
  }

  /** A table that is there needs no permission but to read and write it: whether it is shows by itself. */
  async #sendOrCreate(operation: string, opened: Opened, command: object): Promise<object> {
    try {
      return await this.#send(operation, opened, command);
    } catch (error) {
      if (nameOf(error) !== 'ResourceNotFoundException') throw error;
      await this.#create(opened);
      return this.#send(operation, opened, command);
    }
  }

  /** A request without an answer must not hold the slot of a task for ever. */
  async #send(operation: string, { client }: Opened, command: object): Promise<object> {
    const problem = `${this.url.shown}: no answer to ${operation} within ${this.#timeoutMs} ms`;
    const limit = new Deadline(this.clock, this.#timeoutMs, () => new BackendError(problem));
    try {
      return await limit.before(client.send(command));
    } finally {
      limit.cancel();
    }
  }

  async #create(opened: Opened): Promise<void> {
    this.#creating ??= createTable(this.#setup(opened), this.url);
    try {
      await this.#creating;
    } finally {
      this.#creating = undefined;
    }
  }

  async #open(): Promise<Opened> {
    this.#opening ??= this.#make();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #make(): Promise<Opened> {
    const dynamoDb = await loadDynamoDb(this.#options.importDynamoDb);
    const opened = { dynamoDb, client: this.#given ?? this.#makeClient(dynamoDb) };
    if ((this.url.ttlSeconds ?? 0) > 0) await enableTtl(this.#setup(opened));
    return opened;
  }

  #makeClient({ DynamoDBClient }: DynamoDbPackage): DynamoDbClientLike {
    const { region, endpoint, credentials } = this.url;
    const timeouts = { connectionTimeout: this.#timeoutMs, requestTimeout: this.#timeoutMs };
    return new DynamoDBClient({
      requestHandler: { ...timeouts, throwOnRequestTimeout: true },
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials && { credentials }),
    });
  }

  #setup(opened: Opened): TableSetup {
    return { ...opened, table: this.url.table, clock: this.clock, log: this.#options.log };
  }
}
