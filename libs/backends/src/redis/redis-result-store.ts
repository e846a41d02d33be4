import { decodeTaskMeta, encodeTaskMeta, resultKeys } from '#celery';
import type { JsonTypes, ResultKeys } from '#celery';
import type { ChordStore, GroupStore, ResultStore, ResultSubscription, TaskMeta } from '#celery/ports';
import { BackendError } from '../errors.js';
import { expiryOf, type ResultRetention } from '../retention.js';
import { RedisChannels } from './redis-channels.js';
import { RedisChordStore } from './redis-chord-store.js';
import type { RedisClient } from './redis-client.js';
import type { RedisConnectionOptions } from './redis-connection.js';
import { RedisGroupStore } from './redis-group-store.js';
import { linkTo, type RedisLink } from './redis-link.js';
import { readRecord } from './redis-record.js';
import { runScript } from './redis-script.js';
import { STORE_RESULT } from './result-scripts.js';

/** Options of a {@link RedisResultStore}. */
export interface RedisResultStoreOptions extends ResultRetention, RedisConnectionOptions {
  /** Celery's `global_keyprefix` in `result_backend_transport_options`. Default: none. */
  readonly globalKeyprefix?: string;
  /** Celery's `result_chord_ordered`, there too: false gives a chord's body its results as they came. Default: true. */
  readonly resultChordOrdered?: boolean;
  /** Types of values beyond the built-in ones. */
  readonly types?: JsonTypes;
}

/** How often a record may change between reading and overwriting it. */
const MAX_ROUNDS = 10;

/**
 * Celery's Redis result backend: the same keys, records, expiry and announcements, so that a Python `AsyncResult` reads and
 * awaits what is stored here, and the reverse.
 */
export class RedisResultStore implements ResultStore {
  readonly chords: ChordStore;
  readonly groups: GroupStore;
  readonly #link: RedisLink;
  readonly #channels: RedisChannels | undefined;
  readonly #keys: ResultKeys;
  readonly #types: JsonTypes | undefined;
  readonly #expiryOf: (status: string) => number | null;

  /**
   * @param redis a URL as Celery's `result_backend`, or a connected client, which stays the caller's
   * @throws ImproperlyConfigured for a URL that cannot be used
   */
  constructor(redis: string | RedisClient, options: RedisResultStoreOptions = {}) {
    this.#link = linkTo(redis, options);
    this.#channels = this.#link.openSubscriber && new RedisChannels(this.#link.openSubscriber, options);
    this.#keys = resultKeys(options.globalKeyprefix);
    this.#types = options.types;
    this.#expiryOf = expiryOf(options);
    const kept = { send: this.#link.send, keys: this.#keys, expires: Math.ceil(this.#expiryOf('SUCCESS') ?? 0) };
    this.groups = new RedisGroupStore(kept);
    this.chords = new RedisChordStore({
      ...kept,
      ordered: options.resultChordOrdered,
      types: this.#types,
    });
  }

  /** @throws BackendError @throws EncodeError */
  async store(meta: TaskMeta): Promise<void> {
    const key = this.#keys.task(meta.taskId);
    const record = encodeTaskMeta(meta, this.#types);
    // Redis takes whole seconds, and none as an error.
    const expires = String(Math.ceil(this.#expiryOf(meta.status) ?? 0));
    let overwritable = '';
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const answer = await runScript(this.#link.send, STORE_RESULT, [key], [record, expires, overwritable]);
      if (typeof answer !== 'string') return;
      if ((await this.get(meta.taskId))?.status === 'SUCCESS') return;
      overwritable = answer;
    }
    throw new BackendError(`The result of task ${meta.taskId} is changed by others faster than it can be stored`);
  }

  /** @throws BackendError @throws DecodeError */
  async get(taskId: string): Promise<TaskMeta | undefined> {
    const record = await readRecord(this.#link.send, this.#keys.task(taskId));
    return record === undefined ? undefined : decodeTaskMeta(record, taskId, this.#types);
  }

  /** @throws BackendError */
  async forget(taskId: string): Promise<void> {
    await this.#link.send(['DEL', this.#keys.task(taskId)]);
  }

  /**
   * Over a connection of its own, which all that wait share. A client that was given is copied for it (`duplicate`); one that
   * cannot be copied does not tell.
   * @throws BackendError @throws ImproperlyConfigured
   */
  async subscribe(taskId: string, listener: () => void): Promise<ResultSubscription | undefined> {
    const end = await this.#channels?.listen(this.#keys.task(taskId), listener);
    return end && { end };
  }

  async close(): Promise<void> {
    await this.#channels?.close();
    await this.#link.close();
  }
}
