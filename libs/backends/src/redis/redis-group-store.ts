import { decodeGroupMeta, encodeGroupMeta, type ResultKeys } from '#celery';
import type { GroupStore, ResultTuple } from '#celery/ports';
import type { SendCommand } from './redis-client.js';
import { readRecord } from './redis-record.js';

export interface RedisGroupStoreInit {
  readonly send: SendCommand;
  readonly keys: ResultKeys;
  /** Seconds for which a group is kept; 0: for ever. */
  readonly expires: number;
}

/**
 * Groups as Celery's Redis backend saves them: `celery-taskset-meta-<id>`. It is also the key of a chord's header, which Celery
 * removes when the chord ends.
 */
export class RedisGroupStore implements GroupStore {
  readonly #init: RedisGroupStoreInit;

  constructor(init: RedisGroupStoreInit) {
    this.#init = init;
  }

  /** @throws BackendError */
  async save(group: ResultTuple): Promise<void> {
    const [[id]] = group;
    const { send, keys, expires } = this.#init;
    const expiry = expires > 0 ? ['EX', String(expires)] : [];
    await send(['SET', keys.group(id), encodeGroupMeta(group), ...expiry]);
  }

  /** @throws BackendError @throws DecodeError */
  async restore(groupId: string): Promise<ResultTuple | undefined> {
    const { send, keys } = this.#init;
    const record = await readRecord(send, keys.group(groupId));
    return record === undefined ? undefined : decodeGroupMeta(record, groupId);
  }

  /** @throws BackendError */
  async remove(groupId: string): Promise<void> {
    const { send, keys } = this.#init;
    await send(['DEL', keys.group(groupId)]);
  }
}
