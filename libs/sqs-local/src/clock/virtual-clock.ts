import type { ActivityAwareClock, Timer } from './clock.js';
import { DeadlineHeap } from './deadline-heap.js';
import { hasOutstandingRequests, turn } from './event-loop.js';

/** Options of a {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** The wall-clock time it starts at, in milliseconds since the epoch. Default: 2026-01-01T00:00:00Z. */
  readonly startAt?: number;
  /**
   * Turns of the event loop without any activity after which everything is held to have settled. Default 24. A request
   * over loopback inside one process is silent for at most about eight turns (connect, accept, parse, answer, read).
   */
  readonly quietTurns?: number;
  /** Real milliseconds after which {@link VirtualClock.settle} gives up and names what is still busy. Default 10 000. */
  readonly patienceMs?: number;
}

/** Real milliseconds for which one settling waits for the operating system (a file, a connection to elsewhere). */
const OUTSTANDING_PATIENCE_MS = 250;

/**
 * A clock for tests that stands still until it is told to move, so that hours of long polls, leases, delays and retries
 * pass in a moment, always in the same order.
 *
 * Time moves from one timer to the next, never in one jump: before each, everything that runs is let come to rest, so
 * that a timer that is set in answer to an earlier one still gets its turn. At rest means, for some turns of the event
 * loop in a row ({@link VirtualClockOptions.quietTurns}):
 * - nothing that was announced with {@link begin} goes on. A `LocalSqs` on this clock announces every request from its
 *   arrival to the end of its answer, except while it is parked as a long poll or held back by an injected fault;
 * - nothing was reported with {@link touch} (the endpoint reports connections, arrivals and ends of requests);
 * - the process waits neither for the operating system nor for its own thread pool.
 *
 * That covers a client and a `LocalSqs` in one process. What happens in another process, or behind a socket to another
 * server, is not seen: announce it with {@link begin}.
 */
export class VirtualClock implements ActivityAwareClock {
  private readonly timers = new DeadlineHeap();
  private readonly busy = new Map<symbol, string>();
  private readonly startAt: number;
  private readonly quietTurns: number;
  private readonly patienceMs: number;
  private elapsed = 0;
  private touched = 0;
  private moving = false;

  constructor(options: VirtualClockOptions = {}) {
    this.startAt = options.startAt ?? Date.UTC(2026, 0, 1);
    this.quietTurns = options.quietTurns ?? 24;
    this.patienceMs = options.patienceMs ?? 10_000;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.startAt + this.elapsed;
  }

  /** Milliseconds since the clock was made. */
  monotonic(): number {
    return this.elapsed;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    let live = true;
    const deadline = this.timers.add(this.elapsed + Math.max(0, delayMs), () => {
      if (live) callback();
    });
    const cancel = (): void => {
      // The flag too: a timer may be cancelled by another of the same instant, when it is out of the heap already.
      live = false;
      this.timers.cancel(deadline);
    };
    return { cancel };
  }

  /** Timers that have not run. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  begin(what: string): () => void {
    const mark = Symbol(what);
    this.busy.set(mark, what);
    this.touch();
    return () => {
      if (this.busy.delete(mark)) this.touch();
    };
  }

  touch(): void {
    this.touched++;
  }

  /** Lets everything that runs come to rest; time does not move. Rejects when it does not within the patience. */
  async settle(): Promise<void> {
    const since = performance.now();
    let quiet = 0;
    while (quiet < this.quietTurns || this.waitsForSystem(performance.now() - since)) {
      if (quiet >= this.quietTurns) quiet = 0;
      const seen = this.touched;
      await turn();
      quiet = this.touched === seen && this.busy.size === 0 ? quiet + 1 : 0;
      if (performance.now() - since > this.patienceMs) throw new Error(this.unrest());
    }
  }

  /** Moves time on by `ms` milliseconds, timer by timer; an error thrown by a timer's callback rejects it. */
  async advance(ms: number): Promise<void> {
    await this.move(async () => {
      const until = this.elapsed + ms;
      while (await this.step(until));
      this.elapsed = until;
    });
  }

  /**
   * Moves time on, timer by timer, until `predicate` holds, and returns the milliseconds that passed. Rejects when it
   * does not hold after `maxMs` (default: one day).
   */
  async advanceUntil(predicate: () => boolean | Promise<boolean>, maxMs = 86_400_000): Promise<number> {
    const from = this.elapsed;
    await this.move(async () => {
      await this.settle();
      while (!(await predicate())) {
        if (!(await this.step(from + maxMs))) {
          throw new Error(`VirtualClock.advanceUntil: the condition does not hold after ${maxMs} ms of virtual time.`);
        }
        await this.settle();
      }
    });
    return this.elapsed - from;
  }

  /** Runs the timers of the next instant, if that is not after `until`. */
  private async step(until: number): Promise<boolean> {
    await this.settle();
    const at = this.timers.nextAt;
    if (at === undefined || at > until) return false;
    this.elapsed = Math.max(this.elapsed, at);
    // Only those set before this instant: one that sets itself again for the same instant waits for the next settling.
    const due = [];
    for (let next = this.timers.popDue(at); next !== undefined; next = this.timers.popDue(at)) due.push(next);
    for (const timer of due) timer.run();
    return true;
  }

  private async move(work: () => Promise<void>): Promise<void> {
    if (this.moving) throw new Error('VirtualClock: it is moving already; await the earlier advance() first.');
    this.moving = true;
    try {
      await work();
      await this.settle();
    } finally {
      this.moving = false;
    }
  }

  private waitsForSystem(waitedMs: number): boolean {
    return waitedMs < OUTSTANDING_PATIENCE_MS && hasOutstandingRequests();
  }

  private unrest(): string {
    const names = [...new Set(this.busy.values())].join(', ') || 'the event loop never comes to rest';
    return `VirtualClock.settle: still busy after ${this.patienceMs} ms of real time: ${names}. Time can only move when all work rests.`;
  }
}
