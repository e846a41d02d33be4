import { MemoryIdempotencyStore, MemoryResultStore, MemoryRevocationStore } from '#backends';
import type { Clock } from '#celery';
import type { ResolvedOptions } from '../options/resolve-options.js';

interface Stores {
  readonly resultBackend: MemoryResultStore;
  readonly idempotency: MemoryIdempotencyStore;
  readonly revocations: MemoryRevocationStore;
}

/** What attached applications remember, by connection: those of one name share it, as they would share a Redis. */
export class MemoryStores {
  readonly #byConnection = new Map<string, Stores>();

  constructor(private readonly clock: Clock) {}

  /** The options with memory in the place of each store that they name. */
  inPlaceOf(options: ResolvedOptions, connection: string): ResolvedOptions {
    const stores = this.#storesOf(options, connection);
    return {
      ...options,
      ...(options.resultBackend !== undefined && { resultBackend: stores.resultBackend }),
      ...(options.idempotency !== undefined && { idempotency: stores.idempotency }),
      ...(options.revocations !== undefined && { revocations: stores.revocations }),
    };
  }

  /** The options with a result backend, if only in memory. */
  withResults(options: ResolvedOptions, connection: string): ResolvedOptions {
    const { resultBackend } = this.#storesOf(options, connection);
    return { ...options, resultBackend: options.resultBackend ?? resultBackend };
  }

  #storesOf({ jsonTypes: types, resultExpires }: ResolvedOptions, connection: string): Stores {
    const { clock } = this;
    const stores = this.#byConnection.get(connection) ?? {
      resultBackend: new MemoryResultStore({ clock, types, ...(resultExpires !== undefined && { resultExpires }) }),
      idempotency: new MemoryIdempotencyStore({ clock }),
      revocations: new MemoryRevocationStore({ clock }),
    };
    this.#byConnection.set(connection, stores);
    return stores;
  }
}
