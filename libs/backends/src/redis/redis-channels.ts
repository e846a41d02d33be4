import { systemClock } from '#celery';
import type { Clock, Log } from '#celery/ports';
import { BackendError, ImproperlyConfigured } from '../errors.js';
import { Listeners } from '../listeners.js';
import { Deadline } from '../deadline.js';
import { commandFailure, reasonOf } from './failure.js';
import { Readiness } from './readiness.js';
import type { OpenSubscriber, Subscriber } from './redis-subscriber.js';

/** Options of {@link RedisChannels}. */
export interface RedisChannelsOptions {
  /** Milliseconds within which a channel must be subscribed to, connecting included. Default 5000. */
  readonly commandTimeoutMs?: number;
  /** Told when the connection is lost, and when it is back. Default: nobody. */
  readonly log?: Log;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/**
 * Channels of Redis that are listened to, all over one connection, which is made for the first of them. When it was lost and is
 * back, every listener is called: what was published meanwhile was not heard.
 */
export class RedisChannels {
  readonly #open: OpenSubscriber;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #log: Log | undefined;
  readonly #listeners = new Listeners();
  /** Channels that nobody listens to any more, of which the server could not be told. */
  readonly #stale = new Set<string>();
  readonly #readiness = new Readiness();
  #opening: Promise<Subscriber> | undefined;
  #lastError: string | undefined;
  #wasReady = false;
  #closed = false;

  constructor(open: OpenSubscriber, options: RedisChannelsOptions = {}) {
    this.#open = open;
    this.#timeoutMs = options.commandTimeoutMs ?? 5_000;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
  }

  /**
   * Resolves once nothing that is published from then on is missed, with what ends it.
   * @throws (rejects) BackendError @throws (rejects) ImproperlyConfigured
   */
  async listen(channel: string, listener: () => void): Promise<() => void> {
    const remove = this.#listeners.add(channel, listener);
    try {
      await this.#subscribed(channel);
    } catch (error) {
      remove();
      throw error;
    }
    return () => {
      remove();
      void this.#leave(channel);
    };
  }

  /** Ends the connection at once, and whatever waits for it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#readiness.failed(closed());
    // What could not be opened has told so whoever wanted it, and leaves nothing to end.
    const subscriber = await this.#opening?.catch(() => undefined);
    subscriber?.end();
  }

  async #subscribed(channel: string): Promise<void> {
    const limit = new Deadline(this.#clock, this.#timeoutMs, () => this.#late());
    try {
      const subscriber = await limit.before(this.#opened());
      // When it connects, it subscribes to every channel that has listeners.
      const done = subscriber.isReady ? subscriber.subscribe([channel]) : this.#readiness.wait();
      await limit.before(done);
    } catch (error) {
      throw isOurs(error) ? error : commandFailure('Redis', 'SUBSCRIBE', error);
    } finally {
      limit.cancel();
    }
  }

  #opened(): Promise<Subscriber> {
    if (this.#closed) throw closed();
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  async #connect(): Promise<Subscriber> {
    try {
      const subscriber = await this.#open({
        message: (channel) => this.#heard(channel),
        ready: () => void this.#ready(),
        error: (error) => this.#noteError(error),
      });
      if (this.#closed) throw closed();
      subscriber.connect();
      return subscriber;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #ready(): Promise<void> {
    try {
      await this.#resubscribe();
    } catch (error) {
      // Lost again, then it connects anew; or refused.
      this.#readiness.failed(commandFailure('Redis', 'SUBSCRIBE', error));
      return this.#noteError(error);
    }
    if (this.#lastError !== undefined) this.#log?.log('Redis: told of results again');
    this.#lastError = undefined;
    this.#readiness.reached();
    if (this.#wasReady) this.#tellAll();
    this.#wasReady = true;
  }

  async #resubscribe(): Promise<void> {
    const subscriber = await this.#opening;
    const { names } = this.#listeners;
    if (names.length > 0) await subscriber?.subscribe(names);
    const stale = [...this.#stale];
    this.#stale.clear();
    for (const channel of stale) await this.#leave(channel);
  }

  /** What was published while the connection was lost was not heard. */
  #tellAll(): void {
    for (const channel of this.#listeners.names) this.#listeners.tell(channel);
  }

  #heard(channel: string): void {
    if (this.#listeners.has(channel)) return this.#listeners.tell(channel);
    // Subscribed to after all, for one who was told that it took too long.
    void this.#leave(channel);
  }

  async #leave(channel: string): Promise<void> {
    try {
      const subscriber = await this.#opening;
      if (this.#closed || !subscriber || this.#listeners.has(channel)) return;
      await subscriber.unsubscribe([channel]);
    } catch {
      // The connection is lost; a client that subscribes anew by itself is told then.
      this.#stale.add(channel);
    }
  }

  #noteError(error: unknown): void {
    const first = this.#lastError === undefined && !this.#closed;
    this.#lastError = reasonOf(error);
    if (first) this.#log?.warn(`Redis: not told of results (${this.#lastError}); trying again`);
  }

  #late(): BackendError {
    const because = this.#lastError === undefined ? '' : ` (${this.#lastError})`;
    return new BackendError(`Redis: no answer to SUBSCRIBE within ${this.#timeoutMs} ms${because}`);
  }
}

function closed(): BackendError {
  return new BackendError('Redis: the result store is closed');
}

function isOurs(error: unknown): error is Error {
  return error instanceof BackendError || error instanceof ImproperlyConfigured;
}
