import { decodeGroupMeta, encodeGroupMeta, type ResultKeys } from '#celery';
import type { GroupStore, ResultTuple } from '#celery/ports';
import type { DynamoDbRecords } from './dynamodb-records.js';

export interface DynamoDbGroupStoreInit {
  readonly records: DynamoDbRecords;
  readonly keys: ResultKeys;
  /** Seconds for which groups are kept; null: for ever. */
  readonly expires: number | null;
}

/** Groups as Celery's DynamoDB backend keeps them. */
export class DynamoDbGroupStore implements GroupStore {
  readonly #init: DynamoDbGroupStoreInit;

  constructor(init: DynamoDbGroupStoreInit) {
    this.#init = init;
  }

  /** @throws (rejects) BackendError @throws (rejects) EncodeError */
  async save(group: ResultTuple): Promise<void> {
    const { records, keys, expires } = this.#init;
    await records.put({ key: keys.group(group[0][0]), record: encodeGroupMeta(group), seconds: expires });
  }

  /** @throws (rejects) BackendError @throws (rejects) DecodeError */
  async restore(groupId: string): Promise<ResultTuple | undefined> {
    const { records, keys } = this.#init;
    const record = await records.get(keys.group(groupId));
    return record === undefined ? undefined : decodeGroupMeta(record, groupId);
  }

  /** @throws (rejects) BackendError */
  async remove(groupId: string): Promise<void> {
    const { records, keys } = this.#init;
    await records.delete(keys.group(groupId));
  }
}
