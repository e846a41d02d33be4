import { checkWhole } from '../../errors/invalid-setting-error.js';
import type { PoolMember, Turns } from './pool-member.js';
import { StrictTurns } from './strict-turns.js';
import { WeightedTurns } from './weighted-turns.js';

/** Who is served first when the slots of a pool are short. */
export type PoolOrder =
  /** Each queue in proportion to its weight. */
  | 'weighted'
  /** The highest weight; a lower queue that has something waiting is passed over at most fifteen times in a row. */
  | 'strict';

/** How slots are shared. */
export interface SlotPoolOptions {
  /** Deliveries of all queues that may run at the same time: a whole number from 1. */
  readonly limit: number;
  /** Default `weighted`. */
  readonly order?: PoolOrder;
}

/**
 * Slots that several queues share, a cap for the whole worker (Celery's `worker_concurrency`): a message runs when its queue has a
 * free slot and the pool has one. The pool counts nothing itself but asks what runs, so that no slot can get lost.
 */
export class SlotPool {
  readonly #members = new Set<PoolMember>();
  readonly #turns: Turns;
  #limit: number;
  #filling = false;

  /** Throws InvalidSettingError for a limit that is no whole number from 1. */
  constructor({ limit, order = 'weighted' }: SlotPoolOptions) {
    checkWhole('limit of the slot pool', limit);
    this.#limit = limit;
    this.#turns = order === 'strict' ? new StrictTurns() : new WeightedTurns();
  }

  /** Deliveries that may run at the same time. */
  get limit(): number {
    return this.#limit;
  }

  /** Deliveries that run. */
  get running(): number {
    let running = 0;
    for (const member of this.#members) running += member.running;
    return running;
  }

  /** What runs above a lower limit runs on. Throws InvalidSettingError for one that is no whole number from 1. */
  setLimit(limit: number): void {
    checkWhole('limit of the slot pool', limit);
    this.#limit = limit;
    this.fill();
  }

  /** Counts what runs in a queue from now on. */
  join(member: PoolMember): void {
    this.#members.add(member);
    this.fill();
  }

  /** What still runs in it does not count any more. */
  leave(member: PoolMember): void {
    this.#members.delete(member);
    this.fill();
  }

  /** Gives the free slots to those whose turn it is. */
  fill(): void {
    // Whoever calls from inside a turn is served by the loop that gave it.
    if (this.#filling) return;
    this.#filling = true;
    try {
      while (this.running < this.#limit && this.#serveNext());
    } finally {
      this.#filling = false;
    }
  }

  /** A queue's part by weight of what is free and not expected by another already. */
  shareOf(member: PoolMember): number {
    let free = this.#limit - this.running;
    let weights = member.weight;
    for (const other of this.#members) {
      if (other === member || other.expected === undefined) continue;
      free -= other.expected;
      weights += other.weight;
    }
    return Math.max(0, Math.floor((free * member.weight) / weights));
  }

  #serveNext(): boolean {
    const next = this.#turns.next([...this.#members].filter((member) => member.wanting));
    next?.startNext();
    return next !== undefined;
  }
}
