import { decodeTaskMeta, decompressRecord, encodeTaskMeta, isCompressedRecord, resultKeys } from '#celery';
import type { JsonTypes, ResultKeys } from '#celery';
import type { GroupStore, ResultStore, TaskMeta } from '#celery/ports';
import { BackendError } from '../errors.js';
import { S3Bucket, type S3ConnectionOptions } from './s3-bucket.js';
import { S3GroupStore } from './s3-group-store.js';
import { checkedLocation, parseS3Url, type S3Location } from './s3-url.js';

/** Options of an {@link S3ResultStore}. */
export interface S3ResultStoreOptions extends S3ConnectionOptions {
  /** Celery's `global_keyprefix` in `result_backend_transport_options`; it stands behind the base path. Default: none. */
  readonly globalKeyprefix?: string;
  /** Types of values beyond the built-in ones. */
  readonly types?: JsonTypes;
}

/** How often a record may change between reading and overwriting it. */
const MAX_ROUNDS = 20;

/**
 * Celery's S3 result backend: the same objects, so that a Python `AsyncResult` reads what is stored here, and the reverse. It
 * counts no parts of chords, whose end `celery.chord_unlock` polls for, and tells nobody of a result. Nothing expires: that is
 * for a lifecycle rule of the bucket.
 *
 * A SUCCESS is kept by conditional writes. Python's workers, and stores that speak S3's protocol without conditions, read before
 * they write and no more: of two that do so at once, the later wins.
 */
export class S3ResultStore implements ResultStore {
  readonly groups: GroupStore;
  readonly #bucket: S3Bucket;
  readonly #keys: ResultKeys;
  readonly #types: JsonTypes | undefined;

  /**
   * @param s3 `s3://bucket/base/path/`, or the same in Celery's settings
   * @throws ImproperlyConfigured for a URL that cannot be used
   */
  constructor(s3: string | S3Location, options: S3ResultStoreOptions = {}) {
    this.#bucket = new S3Bucket(typeof s3 === 'string' ? parseS3Url(s3) : checkedLocation(s3), options);
    this.#keys = resultKeys(options.globalKeyprefix);
    this.#types = options.types;
    this.groups = new S3GroupStore({ bucket: this.#bucket, keys: this.#keys, textOf });
  }

  /** @throws BackendError @throws EncodeError */
  async store(meta: TaskMeta): Promise<void> {
    const key = this.#keys.task(meta.taskId);
    const record = encodeTaskMeta(meta, this.#types);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const current = await this.#bucket.get(key);
      if (current && isSuccess(await textOf(current.bytes))) return;
      if (await this.#bucket.put(key, record, current ?? 'nothing')) return;
    }
    throw new BackendError(`The result of task ${meta.taskId} is changed by others faster than it can be stored`);
  }

  /** @throws BackendError @throws DecodeError */
  async get(taskId: string): Promise<TaskMeta | undefined> {
    const found = await this.#bucket.get(this.#keys.task(taskId));
    return found && decodeTaskMeta(await textOf(found.bytes), taskId, this.#types);
  }

  /** @throws BackendError */
  async forget(taskId: string): Promise<void> {
    await this.#bucket.delete(this.#keys.task(taskId));
  }

  async close(): Promise<void> {
    await this.#bucket.close();
  }
}

async function textOf(bytes: Uint8Array): Promise<string> {
  const text = Buffer.from(bytes).toString('utf8');
  return isCompressedRecord(text) ? decompressRecord(bytes) : text;
}

/** Celery writes the status first. What is no record of Celery's at all may be overwritten. */
function isSuccess(record: string): boolean {
  return /^\s*\{\s*"status"\s*:\s*"SUCCESS"/.test(record);
}
