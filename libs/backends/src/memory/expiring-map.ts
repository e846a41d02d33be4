import type { Clock } from '#celery/ports';

interface Entry<V> {
  readonly value: V;
  /** In the clock's monotonic milliseconds. */
  readonly expiresAt: number;
  readonly weight: number;
}

/** Bounds of an {@link ExpiringMap}. */
export interface ExpiringMapOptions<V> {
  readonly clock: Clock;
  /** What all values together may weigh; the ones written longest ago give way. */
  readonly maxWeight: number;
  /** Default: every value weighs 1. */
  readonly weigh?: (value: V) => number;
}

/**
 * A map of bounded size whose entries expire, without a timer: what has expired is dropped when it is met, and from the oldest
 * on at every write. A value that is written again counts as new.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #clock: Clock;
  readonly #maxWeight: number;
  readonly #weigh: (value: V) => number;
  #weight = 0;

  constructor({ clock, maxWeight, weigh = () => 1 }: ExpiringMapOptions<V>) {
    this.#clock = clock;
    this.#maxWeight = maxWeight;
    this.#weigh = weigh;
  }

  /** Entries that are held, expired ones that were not met yet included. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry || !this.#expired(entry)) return entry?.value;
    this.delete(key);
    return undefined;
  }

  /** @param seconds until it expires; null: never */
  set(key: string, value: V, seconds: number | null): void {
    this.delete(key);
    const entry = { value, expiresAt: this.#after(seconds), weight: this.#weigh(value) };
    this.#entries.set(key, entry);
    this.#weight += entry.weight;
    this.#makeRoom();
  }

  delete(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }

  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#weight <= this.#maxWeight && !this.#expired(entry)) return;
      this.delete(key);
    }
  }

  #after(seconds: number | null): number {
    return seconds === null ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + seconds * 1000;
  }

  #expired({ expiresAt }: Entry<V>): boolean {
    return expiresAt <= this.#clock.monotonic();
  }
}
