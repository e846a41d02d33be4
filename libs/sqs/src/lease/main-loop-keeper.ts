import type { Clock, Timer } from '#celery/ports';

import { refusals } from '../batch/batch-answer.js';
import { maxBatchEntries } from '../batch/batcher.js';
import type { BatchAnswer } from '../client/sqs-api.js';
import { groupBy } from '../group-by.js';
import { applyExtension } from './apply-extension.js';
import type { HeldLease } from './held-lease.js';
import type { LeaseKeeper } from './lease-keeper.js';
import { extensionAt, leaseEnd, nextLook, planExtensions } from './lease-plan.js';

/** One extension of a batch. */
export interface ExtensionEntry {
  readonly receiptHandle: string;
  readonly seconds: number;
}

interface MainLoopKeeperOptions {
  readonly clock: Clock;
  /** Sends one ChangeMessageVisibilityBatch about a queue; entry ids are positions. */
  extend(queue: string, entries: readonly ExtensionEntry[]): Promise<BatchAnswer>;
  onExtended(queue: string, count: number): void;
}

/** Keeps leases with a timer of the event loop: a handler that blocks the loop also blocks its own lease. */
export class MainLoopKeeper implements LeaseKeeper {
  readonly #held = new Set<HeldLease>();
  readonly #underWay = new Map<HeldLease, Promise<void>>();
  #timer: Timer | undefined;
  #wakeAt = Infinity;

  constructor(private readonly options: MainLoopKeeperOptions) {}

  hold(lease: HeldLease): void {
    this.#held.add(lease);
    this.#lookAgainAt(lease);
  }

  letGo(lease: HeldLease): Promise<void> {
    this.#held.delete(lease);
    return this.#underWay.get(lease) ?? Promise.resolve();
  }

  close(): void {
    this.#held.clear();
    this.#timer?.cancel();
    this.#wakeAt = Infinity;
  }

  #lookAgainAt(lease: HeldLease): void {
    this.#wakeBy(nextLook(lease.record, this.options.clock.monotonic()));
  }

  /** One timer for everything held; it is moved only when something is due before it. */
  #wakeBy(moment: number): void {
    if (moment >= this.#wakeAt) return;
    this.#timer?.cancel();
    this.#wakeAt = moment;
    const delayMs = Math.max(0, Math.ceil(moment - this.options.clock.monotonic()));
    this.#timer = this.options.clock.setTimeout(() => this.#turn(), delayMs);
  }

  #turn(): void {
    this.#wakeAt = Infinity;
    const now = this.options.clock.monotonic();
    for (const lease of this.#held) if (leaseEnd(lease.record) <= now) this.#lose(lease);
    const idle = [...this.#held].filter((lease) => !this.#underWay.has(lease));
    const plan = planExtensions(
      idle.map((lease) => lease.record),
      now,
    );
    this.#extend(plan.extend.flatMap((index) => idle[index] ?? []));
    const ends = [...this.#underWay.keys()]
      .filter((lease) => this.#held.has(lease))
      .map((lease) => leaseEnd(lease.record));
    this.#wakeBy(Math.min(plan.wakeAt, ...ends));
  }

  #lose(lease: HeldLease): void {
    this.#held.delete(lease);
    lease.lose('expired');
  }

  #extend(leases: readonly HeldLease[]): void {
    for (const [queue, ofQueue] of groupBy(leases, (lease) => lease.subject.queue)) {
      for (let from = 0; from < ofQueue.length; from += maxBatchEntries) {
        const batch = ofQueue.slice(from, from + maxBatchEntries);
        const extended = this.#extendBatch(queue, batch).finally(() => this.#extended(batch));
        for (const lease of batch) this.#underWay.set(lease, extended);
      }
    }
  }

  #extended(batch: readonly HeldLease[]): void {
    for (const lease of batch) {
      this.#underWay.delete(lease);
      if (this.#held.has(lease)) this.#lookAgainAt(lease);
    }
  }

  async #extendBatch(queue: string, batch: readonly HeldLease[]): Promise<void> {
    const askedAt = this.options.clock.monotonic();
    const seconds = batch.map((lease) => extensionAt(lease.record, askedAt));
    const entries = batch.map((lease, i) => ({ receiptHandle: lease.subject.receiptHandle, seconds: seconds[i] ?? 0 }));
    try {
      const reasons = refusals(await this.options.extend(queue, entries), batch.length);
      batch.forEach((lease, i) => this.#settle(lease, askedAt, seconds[i] ?? 0, reasons[i]));
      this.options.onExtended(queue, reasons.filter((reason) => reason === undefined).length);
    } catch (error) {
      for (const lease of batch) this.#settle(lease, askedAt, 0, error);
    }
  }

  #settle(lease: HeldLease, askedAt: number, seconds: number, refusal: unknown): void {
    if (!this.#held.has(lease)) return;
    const now = this.options.clock.monotonic();
    if (applyExtension(lease.record, { askedAt, seconds, refusal, now })) return;
    this.#held.delete(lease);
    lease.lose('refused');
  }
}
