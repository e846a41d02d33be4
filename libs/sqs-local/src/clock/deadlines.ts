import type { Clock, Timer } from './clock.js';
import { DeadlineHeap, type Deadline } from './deadline-heap.js';

/**
 * Everything of one endpoint that happens later: visibility timeouts, delays, retention, ends of long polls, steps of
 * message-move tasks. One heap and one timer of the clock.
 */
export class Deadlines {
  private readonly heap = new DeadlineHeap();
  private timer: Timer | undefined;
  private timerAt = Infinity;
  private running = false;

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.heap.size;
  }

  get comparisons(): number {
    return this.heap.comparisons;
  }

  now(): number {
    return this.clock.monotonic();
  }

  /** Runs `run` at `at` (monotonic milliseconds), or at the next look at the clock when that has passed. */
  schedule(at: number, run: () => void): Deadline {
    const deadline = this.heap.add(at, run);
    this.arm();
    return deadline;
  }

  /** A timer left too early by this is harmless: it wakes, finds nothing and sets itself anew. */
  cancel(deadline: Deadline | undefined): void {
    if (deadline !== undefined) this.heap.cancel(deadline);
  }

  /**
   * Runs what is due. Called by the timer, and before every request: a timer of a busy process comes late, and what is
   * seen then must not be what was true before.
   */
  runDue(): void {
    if (this.running) return;
    this.running = true;
    try {
      for (let next = this.pop(); next !== undefined; next = this.pop()) next.run();
    } finally {
      this.running = false;
      this.arm();
    }
  }

  /** Forgets everything and leaves no timer. */
  close(): void {
    this.heap.clear();
    this.disarm();
  }

  private pop(): Deadline | undefined {
    return this.heap.popDue(this.clock.monotonic());
  }

  private arm(): void {
    const at = this.heap.nextAt;
    if (this.running || at === undefined || at >= this.timerAt) return;
    this.disarm();
    this.timerAt = at;
    // Rounded up: node's timers have whole milliseconds, and one that comes early finds nothing to do.
    this.timer = this.clock.setTimeout(() => this.wake(), Math.max(0, Math.ceil(at - this.clock.monotonic())));
  }

  private wake(): void {
    this.disarm();
    this.runDue();
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.timerAt = Infinity;
  }
}
