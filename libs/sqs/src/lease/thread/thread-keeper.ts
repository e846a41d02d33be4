import type { Clock, Log, Timer } from '#celery/ports';

import type { TransportEvents } from '../../events.js';
import type { HeldLease } from '../held-lease.js';
import type { LeaseKeeper } from '../lease-keeper.js';
import { leaseEnd } from '../lease-plan.js';
import { LeaseTable, slotState } from './lease-table.js';
import type { LeaseThreadReport } from './lease-thread-messages.js';
import { LeaseWorker, type ThreadQueue } from './lease-worker.js';

interface ThreadKeeperOptions {
  /** The compiled `lease-thread.js`. */
  readonly entry: URL;
  readonly queues: readonly ThreadQueue[];
  /** Keeps what the thread cannot. */
  readonly fallback: LeaseKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: TransportEvents;
}

/** More messages than that are kept by the main loop. */
const slots = 4096;
/** Milliseconds between two signs of life of the event loop, which are also looks for leases that have ended. */
const beatMs = 500;
/** The answer for every lease of which no extension is under way: one promise for all of them. */
const letGo = Promise.resolve();

/** Keeps leases in a thread of its own: a handler that blocks the event loop loses neither its message nor the others'. */
export class ThreadKeeper implements LeaseKeeper {
  readonly #table = LeaseTable.create(slots);
  readonly #free: number[] = [];
  readonly #inSlot: (HeldLease | undefined)[] = [];
  readonly #leaving = new Map<number, () => void>();
  readonly #queues: readonly string[];
  readonly #worker: LeaseWorker;
  #beat: Timer | undefined;
  #gone = false;

  constructor(private readonly options: ThreadKeeperOptions) {
    this.#queues = options.queues.map((queue) => queue.name);
    this.#worker = new LeaseWorker({
      ...options,
      table: this.#table.buffer,
      onReport: (report) => this.#heed(report),
      onGone: (reason) => this.#takeOver(reason),
    });
    this.#live();
    void this.#worker.run();
  }

  hold(lease: HeldLease): void {
    const queue = this.#queues.indexOf(lease.subject.queue);
    const slot = this.#gone || queue < 0 ? undefined : this.#freeSlot();
    if (slot === undefined) return this.options.fallback.hold(lease);
    const { maxBlockedMs, receiptHandle } = lease.subject;
    if (!this.#table.fill(slot, { record: lease.record, maxBlockedMs, queue, receiptHandle })) {
      this.#free.push(slot);
      return this.options.fallback.hold(lease);
    }
    lease.record = this.#table.view(slot);
    lease.slot = slot;
    this.#inSlot[slot] = lease;
  }

  letGo(lease: HeldLease): Promise<void> {
    const { slot } = lease;
    if (slot === undefined) return this.options.fallback.letGo(lease);
    this.#forget(lease, slot);
    return this.#whenFree(slot);
  }

  close(): void {
    this.#beat?.cancel();
    this.#worker.close();
    this.options.fallback.close();
  }

  /** Until one exchange succeeds: between two of them the thread may begin, or end, an extension. */
  #whenFree(slot: number): Promise<void> {
    const { held, lost, free, extending, leaving } = slotState;
    for (;;) {
      if (this.#table.exchange(slot, held, free) || this.#table.exchange(slot, lost, free)) {
        this.#free.push(slot);
        return letGo;
      }
      if (this.#table.exchange(slot, extending, leaving)) {
        return new Promise((resolve) => this.#leaving.set(slot, resolve));
      }
    }
  }

  #freeSlot(): number | undefined {
    return this.#free.pop() ?? (this.#inSlot.length < this.#table.size ? this.#inSlot.push(undefined) - 1 : undefined);
  }

  /** The slot will be another message's: from now on the lease keeps its own record. */
  #forget(lease: HeldLease, slot: number): void {
    lease.record = this.#table.view(slot).copy();
    lease.slot = undefined;
    this.#inSlot[slot] = undefined;
  }

  #live(): void {
    this.#table.beat(this.options.clock.monotonic());
    this.#loseEnded();
    this.#beat = this.options.clock.setTimeout(() => this.#live(), beatMs);
  }

  #loseEnded(): void {
    const now = this.options.clock.monotonic();
    for (const lease of this.#inSlot) if (lease && leaseEnd(lease.record) <= now) this.#lose(lease, 'expired');
  }

  #lose(lease: HeldLease, reason: 'expired' | 'refused'): void {
    lease.lose(reason);
    void this.letGo(lease);
  }

  #heed(report: LeaseThreadReport): void {
    const { events } = this.options;
    switch (report.kind) {
      case 'request':
        return events.request?.({
          action: 'ChangeMessageVisibilityBatch',
          queue: report.queue,
          entries: report.entries,
          bytes: 0,
        });
      case 'extended':
        return events.leaseExtended?.({ queue: report.queue, count: report.count });
      case 'freed':
        return this.#freed(report.slot);
      case 'lost':
        return this.#refused(report.slot);
      case 'abandoned':
        return this.#abandoned(report.blockedMs);
      default:
        return this.options.log.debug('The lease thread is ready');
    }
  }

  #freed(slot: number): void {
    this.#free.push(slot);
    this.#leaving.get(slot)?.();
    this.#leaving.delete(slot);
  }

  /** A slot may have been freed and filled again since the report was sent. */
  #refused(slot: number): void {
    const lease = this.#inSlot[slot];
    if (lease && this.#table.state(slot) === slotState.lost) this.#lose(lease, 'refused');
  }

  #abandoned(blockedMs: number): void {
    this.options.events.leasesAbandoned?.({ blockedMs });
    this.options.log.error(
      `The event loop was blocked for ${Math.round(blockedMs / 1000)} s: leases were no longer extended, and held messages may run elsewhere. ` +
        'Move long computations off the event loop, or raise maxBlockedMs.',
    );
  }

  /** The thread has ended: the main loop keeps on what it kept. */
  #takeOver(reason: unknown): void {
    this.#gone = true;
    this.#beat?.cancel();
    this.options.log.warn(
      `The lease thread ended (${String(reason)}); leases are kept by the event loop now: handlers must not block it for longer than a lease`,
    );
    for (const [slot, lease] of this.#inSlot.entries()) {
      if (!lease) continue;
      this.#forget(lease, slot);
      this.options.fallback.hold(lease);
    }
    for (const resolve of this.#leaving.values()) resolve();
    this.#leaving.clear();
  }
}
