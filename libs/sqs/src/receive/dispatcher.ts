import type { Clock, DeliveryHandler, Log } from '#celery/ports';

import type { TransportEvents } from '../events.js';
import { isStale } from '../lease/lease-plan.js';
import type { HeldMessage } from './held-message.js';
import type { Settler } from './settler.js';
import type { WaitingRoom } from './waiting-room.js';

interface DispatcherOptions {
  readonly queue: string;
  readonly concurrency: number;
  readonly room: WaitingRoom<HeldMessage>;
  readonly handle: DeliveryHandler;
  readonly settler: Settler;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: TransportEvents;
  /** A slot is free. */
  onFree(): void;
}

/** Messages of a FIFO queue that wait for their group take no slot; this many for each slot may be held. */
const blockedPerSlot = 10;

/** Gives waiting messages the slots of a queue. */
export class Dispatcher {
  readonly running = new Set<HeldMessage>();
  #idle: (() => void)[] = [];

  constructor(private readonly options: DispatcherOptions) {}

  /** Slots taken: by what runs, and by what waits for a slot. */
  get occupied(): number {
    const { room, concurrency } = this.options;
    return this.running.size + room.ready + Math.max(0, room.blocked - concurrency * blockedPerSlot);
  }

  /** Whether a running delivery has not been settled: its delete is still to come. */
  get expectsMore(): boolean {
    for (const message of this.running) if (message.state === 'running') return true;
    return false;
  }

  /** Runs what was received, as far as there are slots. */
  accept(messages: readonly HeldMessage[]): void {
    for (const message of messages) this.options.room.add(message);
    this.fill();
  }

  /** Gives every free slot a message. */
  fill(): void {
    while (this.running.size < this.options.concurrency) {
      const message = this.options.room.next();
      if (!message) return;
      if (this.#isLate(message)) void this.#end(message);
      else void this.#run(message);
    }
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    if (this.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Nobody can tell any more whether it is still ours: it is let go. */
  #isLate(message: HeldMessage): boolean {
    const late = message.lease.lost || isStale(message.lease.record, this.options.clock.monotonic());
    if (late) this.options.events.deliveryStale?.({ queue: this.options.queue, messageId: message.messageId });
    return late;
  }

  async #run(message: HeldMessage): Promise<void> {
    message.state = 'running';
    this.running.add(message);
    try {
      await this.options.handle(message);
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      this.options.log.error(
        `The handler of message ${message.messageId} of queue "${this.options.queue}" rejected`,
        stack,
      );
    }
    this.running.delete(message);
    void this.#end(message);
    if (this.running.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #end(message: HeldMessage): Promise<void> {
    const followersGone = this.options.settler.ended(message);
    this.options.room.leave(message);
    this.fill();
    this.options.onFree();
    try {
      await followersGone;
    } catch (error) {
      // Logged where it failed; the leases of those messages run out.
      this.options.log.debug(String(error));
    }
  }
}
