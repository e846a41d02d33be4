import type { PoolMember } from './pool-member.js';
import type { SlotPool } from './slot-pool.js';

interface PoolSeatOptions {
  readonly pool: SlotPool;
  readonly weight: number;
  /** Messages that may wait for a slot, besides the one that shows that there is something to do. */
  readonly prefetch: number;
  readonly dispatcher: {
    readonly running: ReadonlySet<unknown>;
    readonly wanting: boolean;
    readonly waiting: number;
    startNext(): boolean;
  };
  readonly receiver: {
    readonly isOpen: boolean;
    readonly asked: number;
    readonly lastAnswered: boolean;
    wake(): void;
  };
}

/** What a pool and one of its queues have to know of each other. */
export class PoolSeat implements PoolMember {
  constructor(private readonly options: PoolSeatOptions) {}

  get weight(): number {
    return this.options.weight;
  }

  get running(): number {
    return this.options.dispatcher.running.size;
  }

  get wanting(): boolean {
    return this.options.dispatcher.wanting;
  }

  get expected(): number | undefined {
    const { isOpen, asked } = this.options.receiver;
    return isOpen ? Math.max(0, asked - this.#always) : undefined;
  }

  /**
   * Messages that may be asked for, those that were asked for included. A queue that was empty when it was last asked is only
   * watched: what a long poll asks for is kept from other queues until it is answered, and may come when the pool is full again.
   */
  get mayAsk(): number {
    const { pool, receiver, dispatcher } = this.options;
    const share = receiver.lastAnswered ? pool.shareOf(this) : 0;
    return Math.max(this.#always, share) - dispatcher.waiting;
  }

  startNext(): void {
    this.options.dispatcher.startNext();
    // What waited may have been all this queue may hold.
    this.options.receiver.wake();
  }

  join(): void {
    this.options.pool.join(this);
  }

  leave(): void {
    this.options.pool.leave(this);
  }

  /** One message shows at once that there is something to do, however busy the pool is. */
  get #always(): number {
    return 1 + this.options.prefetch;
  }
}
