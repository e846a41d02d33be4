import { decodeGroupMeta, encodeGroupMeta, type ResultKeys } from '#celery';
import type { GroupStore, ResultTuple } from '#celery/ports';
import type { S3Bucket } from './s3-bucket.js';

/** What an {@link S3GroupStore} works with. */
export interface S3GroupStoreDeps {
  readonly bucket: Pick<S3Bucket, 'get' | 'put' | 'delete'>;
  readonly keys: ResultKeys;
  /** Reads a record, which may be compressed. */
  readonly textOf: (bytes: Uint8Array) => Promise<string>;
}

/** Celery's groups in its S3 result backend: one object each. They never expire by themselves. */
export class S3GroupStore implements GroupStore {
  readonly #deps: S3GroupStoreDeps;

  constructor(deps: S3GroupStoreDeps) {
    this.#deps = deps;
  }

  /** @throws BackendError */
  async save(group: ResultTuple): Promise<void> {
    const { bucket, keys } = this.#deps;
    await bucket.put(keys.group(group[0][0]), encodeGroupMeta(group), 'anything');
  }

  /** @throws BackendError @throws DecodeError */
  async restore(groupId: string): Promise<ResultTuple | undefined> {
    const { bucket, keys, textOf } = this.#deps;
    const found = await bucket.get(keys.group(groupId));
    return found && decodeGroupMeta(await textOf(found.bytes), groupId);
  }

  /** @throws BackendError */
  async remove(groupId: string): Promise<void> {
    const { bucket, keys } = this.#deps;
    await bucket.delete(keys.group(groupId));
  }
}
