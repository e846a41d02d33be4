import type { Clock, Timer } from '#celery/ports';

/** How a {@link Batcher} gathers, sends and repeats. */
export interface BatcherOptions<Item> {
  readonly clock: Clock;
  /** Bytes all items of a batch may have together; default: not bounded. */
  readonly maxBytes?: () => number;
  readonly sizeOf?: (item: Item) => number;
  /** Batches under way at the same time (default: not bounded); what waits meanwhile fills the next ones. */
  readonly maxUnderWay?: number;
  /** Called when the first item waits: has to call `flush` once, at the moment a batch that is not full should leave. */
  schedule(flush: () => void): void;
  /** Sends one batch: for each item, in order, the reason of its failure or undefined. A rejection fails every item. */
  send(items: readonly Item[]): Promise<readonly unknown[]>;
  /** Milliseconds after which a failed item is tried again; undefined: its promise is rejected with `reason`. */
  retryAfter(reason: unknown, failures: number, item: Item): number | undefined;
}

interface Entry<Item> {
  readonly item: Item;
  readonly bytes: number;
  failures: number;
  retry?: Timer | undefined;
  resolve(): void;
  reject(reason: unknown): void;
}

/** SQS's bound on every batch. */
export const maxBatchEntries = 10;

/**
 * Puts what is done at the same time into one request: batches of at most ten entries in the order of arrival. Only failed
 * entries are repeated. Senders, acknowledger and releaser differ in nothing but their options.
 */
export class Batcher<Item> {
  readonly #open = new Set<Entry<Item>>();
  #waiting: Entry<Item>[] = [];
  #scheduled = false;
  #underWay = 0;
  #idle: (() => void)[] = [];

  constructor(private readonly options: BatcherOptions<Item>) {}

  /** Items that are neither done nor failed. */
  get pending(): number {
    return this.#open.size;
  }

  /** Settles as the item does. */
  add(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = this.options.sizeOf?.(item) ?? 0;
      const entry = { item, bytes, failures: 0, resolve, reject };
      this.#open.add(entry);
      this.#wait(entry);
    });
  }

  /** Sends what waits now, full batch or not. */
  flush(): void {
    const most = this.options.maxUnderWay ?? Infinity;
    while (this.#waiting.length > 0 && this.#underWay < most) this.#sendBatch(this.#nextBatch());
  }

  /** Sends everything at once, repeats at once what waits for a retry, and resolves when nothing is pending. */
  drain(): Promise<void> {
    for (const entry of this.#open) {
      if (entry.retry === undefined) continue;
      entry.retry.cancel();
      entry.retry = undefined;
      this.#waiting.push(entry);
    }
    this.flush();
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Rejects everything that is pending; answers that still come change nothing. */
  abandon(reason: unknown): void {
    this.#waiting = [];
    for (const entry of this.#open) {
      entry.retry?.cancel();
      this.#close(entry);
      entry.reject(reason);
    }
  }

  #wait(entry: Entry<Item>): void {
    this.#waiting.push(entry);
    if (this.#waiting.length >= maxBatchEntries) {
      this.flush();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      this.options.schedule(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  #nextBatch(): Entry<Item>[] {
    const maxBytes = this.options.maxBytes?.() ?? Infinity;
    let count = 0;
    let bytes = 0;
    while (count < Math.min(this.#waiting.length, maxBatchEntries)) {
      bytes += this.#waiting[count]?.bytes ?? 0;
      if (count > 0 && bytes > maxBytes) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #sendBatch(batch: readonly Entry<Item>[]): void {
    this.#underWay++;
    const sent = this.options.send(batch.map((entry) => entry.item));
    void sent
      .then(
        (reasons) => batch.forEach((entry, index) => this.#settle(entry, reasons[index])),
        (reason: unknown) => batch.forEach((entry) => this.#settle(entry, reason ?? new Error('The batch failed.'))),
      )
      .finally(() => {
        this.#underWay--;
        if (this.options.maxUnderWay !== undefined) this.flush();
      });
  }

  #settle(entry: Entry<Item>, reason: unknown): void {
    if (!this.#open.has(entry)) return;
    if (reason === undefined) {
      this.#close(entry);
      entry.resolve();
      return;
    }
    entry.failures++;
    const delayMs = this.options.retryAfter(reason, entry.failures, entry.item);
    if (delayMs === undefined) {
      this.#close(entry);
      entry.reject(reason);
      return;
    }
    entry.retry = this.options.clock.setTimeout(() => {
      entry.retry = undefined;
      this.#wait(entry);
    }, delayMs);
  }

  #close(entry: Entry<Item>): void {
    this.#open.delete(entry);
    if (this.#open.size > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
