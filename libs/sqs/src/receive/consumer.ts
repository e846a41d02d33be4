import type { PollError } from './poll-health.js';

/** Where a consumer is in its life. */
export type ConsumerMode = 'new' | 'running' | 'paused' | 'stopping' | 'stopped';

/** What a health indicator wants to know of one queue. */
export interface ConsumerState {
  readonly queue: string;
  readonly mode: ConsumerMode;
  /** Deliveries being handled. */
  readonly running: number;
  /** Messages received and not begun. */
  readonly waiting: number;
  /** Deletes that SQS has not confirmed. */
  readonly acknowledging: number;
  /** Polls that are out. */
  readonly polls: number;
  /** Epoch milliseconds of the last answered poll. */
  readonly lastPollAt: number | undefined;
  /** Why the last poll failed; undefined once one is answered. */
  readonly lastError: PollError | undefined;
  /** Failed polls in a row. */
  readonly failures: number;
}

export interface StopOptions {
  /** Milliseconds running handlers are given before their leases are taken away. */
  readonly shutdownTimeoutMs: number;
}

/** What a stop came to. */
export interface StopReport {
  /** Messages that were received, not begun, and handed back. */
  readonly released: number;
  /** Handlers that had not ended when their time was over. */
  readonly aborted: number;
  /** Deletes and releases that SQS had not confirmed when the time was over. */
  readonly unconfirmed: number;
}

/** Receives the messages of one queue. */
export interface Consumer {
  /** Begins to poll. */
  start(): void;
  /** Polls no more for now; what was received and not begun is handed back, what runs runs on. */
  pause(): Promise<void>;
  /** Polls again after {@link pause}. */
  resume(): void;
  /**
   * Ends for good: no new receive, unstarted messages handed back at once, running handlers given their time, then aborted
   * and handed back, deletes flushed. Always resolves, at the latest two seconds after `shutdownTimeoutMs`.
   */
  stop(options: StopOptions): Promise<StopReport>;
  readonly state: ConsumerState;
}
