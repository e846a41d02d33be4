import { systemClock } from '#celery';
import type { Clock, Log } from '#celery/ports';
import { BackendError, ImproperlyConfigured } from '../errors.js';
import { Deadline } from '../deadline.js';
import { commandFailure, reasonOf } from './failure.js';
import { openClient, type ImportRedis, type OpenedClient } from './open-client.js';
import { parseRedisUrl, type RedisUrl } from './redis-url.js';

/** Options of a {@link RedisConnection}. */
export interface RedisConnectionOptions {
  /** Milliseconds within which a command must be answered, connecting included. Default 5000. */
  readonly commandTimeoutMs?: number;
  /** Told when the connection is lost, and when it is back. Default: nobody. */
  readonly log?: Log;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Imports the package `redis`. Default: Node's own import. */
  readonly importRedis?: ImportRedis;
}

const COMMAND_TIMEOUT_MS = 5_000;

/**
 * One connection to Redis, made with the first command and kept up until {@link close}. A command waits for it, but never
 * longer than its timeout, and is never sent after that. Fits wherever a client is taken: several stores may share one.
 */
export class RedisConnection {
  readonly #url: RedisUrl;
  readonly #timeoutMs: number;
  readonly #log: Log | undefined;
  readonly #clock: Clock;
  readonly #importRedis: ImportRedis | undefined;
  #opening: Promise<OpenedClient> | undefined;
  /** What {@link #opening} has given. */
  #client: OpenedClient | undefined;
  #ready: Promise<void> | undefined;
  #lastError: string | undefined;
  #closed = false;

  /** @throws ImproperlyConfigured for a URL that cannot be used */
  constructor(url: string, options: RedisConnectionOptions = {}) {
    this.#url = parseRedisUrl(url);
    this.#timeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
    this.#log = options.log;
    this.#clock = options.clock ?? systemClock;
    this.#importRedis = options.importRedis;
  }

  /** The URL without credentials. */
  get url(): string {
    return this.#url.shown;
  }

  /** @throws BackendError @throws ImproperlyConfigured */
  async sendCommand(args: readonly string[]): Promise<unknown> {
    const command = args[0] ?? '';
    const limit = new Deadline(this.#clock, this.#timeoutMs, () => this.#late(command));
    try {
      const client = this.#usable ?? (await limit.before(this.#connected()));
      return await this.#answer(client, args, limit);
    } catch (error) {
      throw this.#failure(command, error);
    } finally {
      limit.cancel();
    }
  }

  /**
   * Makes a client for the same place, which is not connected yet: whoever makes it ends it.
   * @throws (rejects) ImproperlyConfigured
   */
  openSeparately(): Promise<OpenedClient> {
    return openClient(this.#url, this.#timeoutMs, this.#importRedis);
  }

  /** Waits for the answers that are outstanding, no longer than the timeout, and ends the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    const opening = this.#opening;
    this.#opening = undefined;
    // What could not be opened has told so whoever wanted it, and leaves nothing to close.
    const client = await opening?.catch(() => undefined);
    if (!client) return;
    if (!client.isReady) return this.#destroy(client);
    const limit = new Deadline(this.#clock, this.#timeoutMs, () => this.#late('close'));
    try {
      await limit.before(client.close());
    } catch {
      // It ends either way; what was outstanding has failed for those who wait for it.
      this.#destroy(client);
    } finally {
      limit.cancel();
    }
  }

  async #answer(client: OpenedClient, args: readonly string[], limit: Deadline): Promise<unknown> {
    try {
      return await limit.before(client.sendCommand(args));
    } catch (error) {
      // Silent though connected: the other end may be gone without a word. Read-only: it is the primary no more, and its
      // name may stand for another server by now. The next command begins anew.
      if (limit.over || reasonOf(error).startsWith('READONLY')) this.#drop(client);
      throw error;
    }
  }

  /** The client, where nothing has to be waited for. */
  get #usable(): OpenedClient | undefined {
    return this.#closed || !this.#client?.isReady ? undefined : this.#client;
  }

  async #connected(): Promise<OpenedClient> {
    if (this.#closed) throw new BackendError(`${this.url} is closed`);
    this.#opening ??= this.#open();
    const client = await this.#opening;
    if (!client.isReady) await this.#whenReady(client);
    return client;
  }

  async #open(): Promise<OpenedClient> {
    try {
      const client = await openClient(this.#url, this.#timeoutMs, this.#importRedis);
      this.#client = client;
      this.#watch(client);
      // Rejects only when the client is closed meanwhile; what goes wrong on the way is told as 'error'.
      client.connect().catch((error: unknown) => this.#noteError(error));
      return client;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  #whenReady(client: OpenedClient): Promise<void> {
    this.#ready ??= new Promise((resolve) => {
      client.once('ready', () => {
        this.#ready = undefined;
        resolve();
      });
    });
    return this.#ready;
  }

  #watch(client: OpenedClient): void {
    client.on('error', (error) => this.#noteError(error));
    client.on('ready', () => {
      if (this.#lastError !== undefined) this.#log?.log(`${this.url}: connected again`);
      this.#lastError = undefined;
    });
  }

  #noteError(error: unknown): void {
    const first = this.#lastError === undefined && !this.#closed;
    this.#lastError = reasonOf(error);
    if (first) this.#log?.warn(`${this.url}: no connection (${this.#lastError}); trying again`);
  }

  #drop(client: OpenedClient): void {
    // Of several commands that fail together the first has done it.
    if (this.#client !== client) return;
    this.#opening = undefined;
    this.#client = undefined;
    this.#ready = undefined;
    this.#destroy(client);
  }

  #destroy(client: OpenedClient): void {
    if (client.isOpen) client.destroy();
  }

  #late(command: string): BackendError {
    const because = this.#lastError === undefined ? '' : ` (${this.#lastError})`;
    return new BackendError(`${this.url}: no answer to ${command} within ${this.#timeoutMs} ms${because}`);
  }

  #failure(command: string, error: unknown): Error {
    return error instanceof ImproperlyConfigured ? error : commandFailure(this.url, command, error);
  }
}
