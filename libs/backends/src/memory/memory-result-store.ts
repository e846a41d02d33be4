import { decodeTaskMeta, encodeTaskMeta, resultKeys, systemClock, type JsonTypes } from '#celery';
import type { Clock, ResultStore, ResultSubscription, TaskMeta } from '#celery/ports';
import { expiryOf, type ResultRetention } from '../retention.js';
import { Listeners } from '../listeners.js';
import { ExpiringMap } from './expiring-map.js';
import { MemoryChordStore } from './memory-chord-store.js';
import { MemoryGroupStore } from './memory-group-store.js';

/** Options of a {@link MemoryResultStore}. */
export interface MemoryResultStoreOptions extends ResultRetention {
  /** Bytes that the records together may take (two a character), and the parts of chords; the oldest give way. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Types of values beyond the built-in ones. */
  readonly types?: JsonTypes;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

interface Stored {
  readonly status: string;
  readonly record: string;
}

const MAX_BYTES = 67_108_864;
/** What an entry takes beside its text, roughly. */
const ENTRY_BYTES = 300;

/**
 * Results in the memory of this process: for development and tests, as Celery's `cache+memory://`. Nobody else sees them. They
 * are kept as the text any backend would keep, so that a value that cannot be stored elsewhere cannot be stored here either.
 */
export class MemoryResultStore implements ResultStore {
  readonly chords: MemoryChordStore;
  readonly groups: MemoryGroupStore;
  readonly #results: ExpiringMap<Stored>;
  readonly #expiryOf: (status: string) => number | null;
  readonly #keys = resultKeys();
  readonly #types: JsonTypes | undefined;
  readonly #listeners = new Listeners();

  constructor(options: MemoryResultStoreOptions = {}) {
    const { maxBytes = MAX_BYTES, clock = systemClock, types } = options;
    this.#results = new ExpiringMap({
      clock,
      maxWeight: maxBytes,
      weigh: ({ record }) => 2 * record.length + ENTRY_BYTES,
    });
    this.#expiryOf = expiryOf(options);
    this.#types = types;
    const expires = this.#expiryOf('SUCCESS');
    this.chords = new MemoryChordStore({ clock, expires, maxBytes, types });
    this.groups = new MemoryGroupStore({ records: this.#results, expires });
  }

  async store(meta: TaskMeta): Promise<void> {
    const key = this.#keys.task(meta.taskId);
    const record = encodeTaskMeta(meta, this.#types);
    if (this.#results.get(key)?.status === 'SUCCESS') return;
    this.#results.set(key, { status: meta.status, record }, this.#expiryOf(meta.status));
    this.#listeners.tell(meta.taskId);
  }

  async get(taskId: string): Promise<TaskMeta | undefined> {
    const stored = this.#results.get(this.#keys.task(taskId));
    return stored && decodeTaskMeta(stored.record, taskId, this.#types);
  }

  async forget(taskId: string): Promise<void> {
    this.#results.delete(this.#keys.task(taskId));
  }

  async subscribe(taskId: string, listener: () => void): Promise<ResultSubscription> {
    return { end: this.#listeners.add(taskId, listener) };
  }

  async close(): Promise<void> {}
}
