import type { Clock, Log } from '#celery/ports';

import { backoffMs } from '../backoff.js';
import { awsFailure } from '../client/aws-failure.js';
import type { TransportEvents } from '../events.js';
import { queueFailure } from '../queue/queue-failure.js';
import type { QueueOptions } from '../options.js';

/** Why polling does not work at present. */
export interface PollError {
  /** SQS's code, or the name of the network error. */
  readonly code: string;
  readonly message: string;
  /** Epoch milliseconds of the last failure. */
  readonly at: number;
}

interface PollHealthOptions {
  readonly queue: QueueOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: TransportEvents;
}

/** A poll that was answered. */
export interface AnsweredPoll {
  readonly asked: number;
  readonly received: number;
  readonly tookMs: number;
}

/** Short polls of an empty queue are this far apart, and so are long ones of an endpoint that does not wait. */
const emptyPauseMs = 1000;
/** At least a second apart, jitter only adds: a storm sees no more than one request a second. */
const pollBackoff = { baseMs: 1000, maxMs: 30_000 };

/** Counts what becomes of the polls of a queue: how long to wait, and one log line for each change of state. */
export class PollHealth {
  /** Epoch milliseconds of the last answered poll. */
  lastPollAt: number | undefined;
  lastError: PollError | undefined;
  failures = 0;
  #retryAt = 0;

  constructor(private readonly options: PollHealthOptions) {}

  /** Milliseconds until the queue may be polled again. */
  get waitMs(): number {
    return Math.max(0, this.#retryAt - this.options.clock.monotonic());
  }

  succeeded({ asked, received, tookMs }: AnsweredPoll): void {
    this.lastPollAt = this.options.clock.now();
    if (this.failures > 0)
      this.options.log.log(`Queue "${this.options.queue.name}": receiving again after ${this.failures} failed polls`);
    this.failures = 0;
    this.#retryAt =
      received === 0 && tookMs < emptyPauseMs ? this.options.clock.monotonic() + emptyPauseMs - tookMs : 0;
    this.lastError = undefined;
    this.options.events.pollSucceeded?.({ queue: this.options.queue.name, asked, received });
  }

  failed(error: unknown): void {
    // Polls that were out together fail together: one failure.
    if (this.waitMs > 0) return;
    const { code } = awsFailure(error);
    const { message } = queueFailure(error, 'ReceiveMessage', this.options.queue);
    if (this.lastError?.code !== code) this.options.log.error(`${message} Polling goes on with growing pauses.`);
    this.failures++;
    this.lastError = { code, message, at: this.options.clock.now() };
    const retryInMs = backoffMs(this.failures, pollBackoff);
    this.#retryAt = this.options.clock.monotonic() + retryInMs;
    this.options.events.pollFailed?.({ queue: this.options.queue.name, code, failures: this.failures, retryInMs });
  }
}
