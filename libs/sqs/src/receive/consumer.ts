import type { PollingState } from './receiver.js';

/** Where a consumer is in its life. */
export type ConsumerMode = 'new' | 'running' | 'paused' | 'stopping' | 'stopped';

/** What a health indicator wants to know of one queue. */
export interface ConsumerState extends PollingState {
  readonly queue: string;
  readonly mode: ConsumerMode;
  /** Deliveries that may run at the same time. */
  readonly concurrency: number;
  /** Deliveries being handled, those that stand aside left out. */
  readonly running: number;
  /** Deliveries that gave their slot away and are held on: until what they wait for happens, or until a slot is free again. */
  readonly aside: number;
  /** Messages received and not begun. */
  readonly waiting: number;
  /** Deletes that SQS has not confirmed. */
  readonly acknowledging: number;
  /** Milliseconds by which the event loop came late when it was last looked for, every three seconds at most. */
  readonly loopLagMs: number;
}

export interface StopOptions {
  /** Milliseconds running handlers are given before their leases are taken away. */
  readonly shutdownTimeoutMs: number;
}

/** What a stop came to. */
export interface StopReport {
  /** Messages that were received, had not begun or stood aside, and were handed back. */
  readonly released: number;
  /** Handlers that had not ended when their time was over. */
  readonly aborted: number;
  /** Deletes and releases that SQS had not confirmed when the time was over. */
  readonly unconfirmed: number;
}

/** Receives the messages of one queue. */
export interface Consumer {
  /** Begins to poll; one that is paused does so when it is resumed. */
  start(): void;
  /**
   * Polls no more for now; what was received and not begun, or stands aside, is handed back, what runs runs on. Held until the end of
   * the pause are messages whose next receive but one would be to the dead-letter queue. Resolves once SQS has answered; harmless
   * when it is paused or stopped already.
   */
  pause(): Promise<void>;
  /** Polls again after {@link pause}. */
  resume(): void;
  /**
   * Changes how many deliveries may run at the same time: more begin at once, what runs above a smaller number runs on.
   * Throws InvalidSettingError unless it is a whole number from 1.
   */
  setConcurrency(concurrency: number): void;
  /**
   * Ends for good: no new receive, unstarted messages handed back at once, running handlers given their time, then aborted
   * and handed back, deletes flushed. Always resolves, at the latest two seconds after `shutdownTimeoutMs`.
   */
  stop(options: StopOptions): Promise<StopReport>;
  readonly state: ConsumerState;
}
