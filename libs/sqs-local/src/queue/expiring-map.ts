/** How long SQS remembers deduplication ids and receive request attempts, in milliseconds. */
export const FIVE_MINUTES_MS = 300_000;

/** A map that forgets an entry a fixed time after it was first set. Entries are dropped as it is used: no timer. */
export class ExpiringMap<V> {
  private readonly entries = new Map<string, { readonly value: V; readonly until: number }>();

  constructor(
    private readonly now: () => number,
    private readonly ttlMs: number = FIVE_MINUTES_MS,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    this.prune();
    return this.entries.get(key)?.value;
  }

  set(key: string, value: V): void {
    this.prune();
    // Deleted first, so that the order of the map stays the order of expiry.
    this.entries.delete(key);
    this.entries.set(key, { value, until: this.now() + this.ttlMs });
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  private prune(): void {
    const now = this.now();
    for (const [key, entry] of this.entries) {
      if (entry.until > now) return;
      this.entries.delete(key);
    }
  }
}
