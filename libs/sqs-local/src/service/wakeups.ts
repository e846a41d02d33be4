import { isActivityAware, type Clock } from '../clock/clock.js';
import type { Queue } from '../queue/queue.js';

/**
 * Serves the long polls of queues that have got messages: not at once, but when the event loop has gone through what it
 * has already received. So one poll takes all the messages of a batch, and a client's farewell that reached this
 * machine before the message did is heard first: a poll that is gone takes nothing along.
 */
export class Wakeups {
  private readonly pending = new Set<Queue>();
  private immediate: NodeJS.Immediate | undefined;
  private done = (): void => {};

  constructor(private readonly clock: Clock) {}

  wake(queue: Queue): void {
    if (queue.waiters.size === 0) return;
    this.pending.add(queue);
    if (this.immediate !== undefined) return;
    if (isActivityAware(this.clock)) this.done = this.clock.begin('waking long polls');
    this.immediate = setImmediate(() => this.serve());
  }

  close(): void {
    clearImmediate(this.immediate);
    this.pending.clear();
    this.finish();
  }

  private serve(): void {
    const queues = [...this.pending];
    this.pending.clear();
    // Polls are resumed, and so known to the clock as busy, before this stops being it.
    const done = this.done;
    this.immediate = undefined;
    this.done = () => {};
    try {
      for (const queue of queues) queue.waiters.serve();
    } finally {
      done();
    }
  }

  private finish(): void {
    this.immediate = undefined;
    this.done();
    this.done = () => {};
  }
}
