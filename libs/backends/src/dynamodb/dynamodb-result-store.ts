import { decodeTaskMeta, encodeTaskMeta, resultKeys, SUCCESS, type JsonTypes, type ResultKeys } from '#celery';
import type { ChordStore, GroupStore, ResultStore, TaskMeta } from '#celery/ports';
import { BackendError } from '../errors.js';
import { expiryOf, type ResultRetention } from '../retention.js';
import { DynamoDbChordStore } from './dynamodb-chord-store.js';
import { DynamoDbGroupStore } from './dynamodb-group-store.js';
import { DynamoDbLink, type DynamoDbConnectionOptions } from './dynamodb-link.js';
import type { DynamoDbClientLike } from './dynamodb-package.js';
import { DynamoDbRecords, type FoundRecord } from './dynamodb-records.js';
import { DynamoDbTable } from './dynamodb-table.js';

/** Options of a {@link DynamoDbResultStore}. */
export interface DynamoDbResultStoreOptions extends DynamoDbConnectionOptions {
  /**
   * Seconds for which results are kept; null or 0: for ever. Celery's own way to say so here is `ttl_seconds` in the URL, which wins.
   * Default: for ever, as in Celery.
   */
  readonly resultExpires?: number | null;
  /** Likewise for results of status FAILURE. Default: as for others. */
  readonly resultFailureExpires?: number | null;
  /** Celery's `global_keyprefix` in `result_backend_transport_options`. Default: none. */
  readonly globalKeyprefix?: string;
  /** Types of values beyond the built-in ones. */
  readonly types?: JsonTypes;
}

/** How often a record may change between reading and overwriting it. */
const MAX_ROUNDS = 10;

/**
 * Celery's DynamoDB result backend: the same table, items, and counters of chords, so that a Python `AsyncResult` reads what is
 * stored here, and the reverse. It announces nothing: whoever waits asks every now and then, as Python does.
 */
export class DynamoDbResultStore implements ResultStore {
  readonly chords: ChordStore;
  readonly groups: GroupStore;
  readonly #link: DynamoDbLink;
  readonly #records: DynamoDbRecords;
  readonly #keys: ResultKeys;
  readonly #types: JsonTypes | undefined;
  readonly #expiryOf: (status: string) => number | null;

  /**
   * @param dynamoDb a URL as Celery's `result_backend`, or a `DynamoDBClient`, which stays the caller's
   * @throws ImproperlyConfigured for a URL that cannot be used
   */
  constructor(dynamoDb: string | DynamoDbClientLike, options: DynamoDbResultStoreOptions = {}) {
    const { types, globalKeyprefix } = options;
    this.#link = new DynamoDbLink(dynamoDb, options);
    this.#keys = resultKeys(globalKeyprefix);
    this.#types = types;
    this.#expiryOf = expiryOf(retentionOf(this.#link.url.ttlSeconds, options));
    const table = new DynamoDbTable(this.#link);
    this.#records = new DynamoDbRecords(table, this.#link.clock);
    const shared = { records: this.#records, keys: this.#keys, expires: this.#expiryOf(SUCCESS) };
    const groups = new DynamoDbGroupStore(shared);
    this.groups = groups;
    this.chords = new DynamoDbChordStore({ ...shared, table, groups, clock: this.#link.clock, types });
  }

  /** @throws (rejects) BackendError @throws (rejects) EncodeError */
  async store(meta: TaskMeta): Promise<void> {
    const key = this.#keys.task(meta.taskId);
    const write = { key, record: encodeTaskMeta(meta, this.#types), seconds: this.#expiryOf(meta.status) };
    // Celery reads before it writes, and of two workers that do so at once the later wins; here whatever changes is seen.
    let replaced: FoundRecord | undefined;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const instead = await this.#records.replace(write, replaced);
      if (!instead || this.#isFinal(instead, meta)) return;
      replaced = instead;
    }
    throw new BackendError(`The result of task ${meta.taskId} is changed by others faster than it can be stored`);
  }

  /** @throws (rejects) BackendError @throws (rejects) DecodeError */
  async get(taskId: string): Promise<TaskMeta | undefined> {
    const record = await this.#records.get(this.#keys.task(taskId));
    return record === undefined ? undefined : decodeTaskMeta(record, taskId, this.#types);
  }

  /** @throws (rejects) BackendError */
  async forget(taskId: string): Promise<void> {
    await this.#records.delete(this.#keys.task(taskId));
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #isFinal({ text, expired }: FoundRecord, { taskId }: TaskMeta): boolean {
    return !expired && decodeTaskMeta(text, taskId, this.#types).status === SUCCESS;
  }
}

/** The same URL says the same in both languages, whatever else is configured. */
function retentionOf(
  ttlSeconds: number | undefined,
  { resultExpires = null, resultFailureExpires }: DynamoDbResultStoreOptions,
): ResultRetention {
  if (ttlSeconds !== undefined) return { resultExpires: ttlSeconds < 0 ? null : ttlSeconds };
  return { resultExpires, ...(resultFailureExpires !== undefined && { resultFailureExpires }) };
}
