import { systemClock } from '#celery';
import type { Clock, Revocation, RevocationStore } from '#celery/ports';
import { checkedSeconds, REVOKE_EXPIRES, REVOKES_MAX } from '../retention.js';
import { ExpiringMap } from './expiring-map.js';

/** Options of a {@link MemoryRevocationStore}. */
export interface MemoryRevocationStoreOptions {
  /** Seconds for which a revocation is remembered (Celery's `CELERY_WORKER_REVOKE_EXPIRES`). Default 10 800. */
  readonly revokeExpires?: number;
  /** Ids that are remembered; the oldest give way (Celery's `CELERY_WORKER_REVOKES_MAX`). Default 50 000. */
  readonly revokesMax?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Revocations in the memory of this process, with Celery's bounds: for one worker, for development and tests. */
export class MemoryRevocationStore implements RevocationStore {
  readonly #revocations: ExpiringMap<Revocation>;
  readonly #revokeExpires: number;

  constructor(options: MemoryRevocationStoreOptions = {}) {
    const { revokeExpires = REVOKE_EXPIRES, revokesMax = REVOKES_MAX, clock = systemClock } = options;
    this.#revocations = new ExpiringMap({ clock, maxWeight: revokesMax });
    this.#revokeExpires = checkedSeconds('revokeExpires', revokeExpires);
  }

  async revoke(ids: readonly string[], { terminate }: Revocation): Promise<void> {
    for (const id of ids) {
      // Once asked to end a running task, a later and milder revocation does not take that back.
      const sooner = this.#revocations.get(id)?.terminate ?? false;
      this.#revocations.set(id, { terminate: terminate || sooner }, this.#revokeExpires);
    }
  }

  async revoked(ids: readonly string[]): Promise<ReadonlyMap<string, Revocation>> {
    const found = new Map<string, Revocation>();
    for (const id of ids) {
      const revocation = this.#revocations.get(id);
      if (revocation) found.set(id, revocation);
    }
    return found;
  }

  async close(): Promise<void> {}
}
