import { decodeGroupMeta, encodeGroupMeta, resultKeys } from '#celery';
import type { GroupStore, ResultTuple } from '#celery/ports';
import type { ExpiringMap } from './expiring-map.js';

export interface MemoryGroupStoreInit {
  /** Where the results of tasks are as well: together they are bounded. */
  readonly records: Pick<ExpiringMap<{ readonly status: string; readonly record: string }>, 'get' | 'set' | 'delete'>;
  /** Seconds for which a group is kept; null: for ever. */
  readonly expires: number | null;
}

/** Groups saved in the memory of this process, as the text that any backend would keep. */
export class MemoryGroupStore implements GroupStore {
  readonly #init: MemoryGroupStoreInit;
  readonly #keys = resultKeys();

  constructor(init: MemoryGroupStoreInit) {
    this.#init = init;
  }

  async save(group: ResultTuple): Promise<void> {
    const [[id]] = group;
    // Celery saves a group as what has ended well, whatever becomes of its members.
    const saved = { status: 'SUCCESS', record: encodeGroupMeta(group) };
    this.#init.records.set(this.#keys.group(id), saved, this.#init.expires);
  }

  async restore(groupId: string): Promise<ResultTuple | undefined> {
    const saved = this.#init.records.get(this.#keys.group(groupId));
    return saved && decodeGroupMeta(saved.record, groupId);
  }

  async remove(groupId: string): Promise<void> {
    this.#init.records.delete(this.#keys.group(groupId));
  }
}
