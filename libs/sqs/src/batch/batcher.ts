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
  retry: Timer | undefined;
  /** Done or failed: nobody waits for it any more. */
  closed: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** SQS's bound on every batch. */
export const maxBatchEntries = 10;

/**
 * Puts what is done at the same time into one request: batches of at most ten entries in the order of arrival. Only failed
 * entries are repeated. Senders, acknowledger and releaser differ in nothing but their options.
 */
export class Batcher<Item> {
  readonly #underWay = new Set<readonly Entry<Item>[]>();
  readonly #retrying = new Set<Entry<Item>>();
  #waiting: Entry<Item>[] = [];
  #pending = 0;
  #scheduled = false;
  #idle: (() => void)[] = [];

  constructor(private readonly options: BatcherOptions<Item>) {}

  /** Items that are neither done nor failed. */
  get pending(): number {
    return this.#pending;
  }

  /** Settles as the item does. */
  add(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = this.options.sizeOf?.(item) ?? 0;
      this.#pending++;
      this.#wait({ item, bytes, failures: 0, retry: undefined, closed: false, resolve, reject });
    });
  }

  /** Sends what waits now, full batch or not. */
  flush(): void {
    const most = this.options.maxUnderWay ?? Infinity;
    while (this.#waiting.length > 0 && this.#underWay.size < most) void this.#sendBatch(this.#nextBatch());
  }

  /** Sends everything at once, repeats at once what waits for a retry, and resolves when nothing is pending. */
  drain(): Promise<void> {
    for (const entry of this.#retrying) {
      entry.retry?.cancel();
      this.#waiting.push(entry);
    }
    this.#retrying.clear();
    this.flush();
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Rejects everything that is pending; answers that still come change nothing. */
  abandon(reason: unknown): void {
    const open = [...this.#waiting, ...[...this.#underWay].flat(), ...this.#retrying];
    this.#waiting = [];
    this.#retrying.clear();
    for (const entry of open) {
      if (entry.closed) continue;
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

  async #sendBatch(batch: readonly Entry<Item>[]): Promise<void> {
    this.#underWay.add(batch);
    let reasons: readonly unknown[];
    try {
      reasons = await this.options.send(batch.map((entry) => entry.item));
    } catch (reason) {
      reasons = batch.map(() => reason ?? new Error('The batch failed.'));
    }
    batch.forEach((entry, index) => this.#settle(entry, reasons[index]));
    this.#underWay.delete(batch);
    if (this.options.maxUnderWay !== undefined) this.flush();
  }

  #settle(entry: Entry<Item>, reason: unknown): void {
    if (entry.closed) return;
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
    this.#retrying.add(entry);
    entry.retry = this.options.clock.setTimeout(() => {
      this.#retrying.delete(entry);
      this.#wait(entry);
    }, delayMs);
  }

  #close(entry: Entry<Item>): void {
    entry.closed = true;
    this.#pending--;
    if (this.#pending > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
