import type { Clock, Log } from '#celery/ports';

import { backoffMs } from '../backoff.js';
import { awsFailure, type AwsFailure } from '../client/aws-failure.js';
import { tell } from '../client/tell.js';
import type { TransportEvents } from '../events.js';
import type { QueueOptions } from '../options.js';
import { queueFailure } from '../queue/queue-failure.js';
import { pollTrouble, stalledCode, unusableCode, type PollTrouble } from './poll-trouble.js';

/** Why polling does not work at present. */
export interface PollError {
  /** SQS's code, or the name of the network error. */
  readonly code: string;
  readonly message: string;
  /** Epoch milliseconds of the last failure. */
  readonly at: number;
}

/** How the polls of a queue have gone. */
export interface PollRecord {
  /** Epoch milliseconds of the last answered poll. */
  readonly lastPollAt: number | undefined;
  /** Milliseconds since then, whatever became of the wall clock. */
  readonly lastPollAgeMs: number | undefined;
  /** Why the last poll failed; undefined once one is answered. */
  readonly lastError: PollError | undefined;
  /** Failed polls in a row. */
  readonly failures: number;
  /** Times that polling had come to a halt and was restarted. */
  readonly stalls: number;
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
/** The longest pause there is, jitter included. */
export const longestPauseMs = 45_000;

/** Counts what becomes of the polls of a queue: how long to wait, and one log line for each change of state. */
export class PollHealth {
  #last: { readonly at: number; readonly moment: number } | undefined;
  #lastError: PollError | undefined;
  #failures = 0;
  #stalls = 0;
  #trouble: PollTrouble | undefined;
  #pause = { from: 0, ms: 0 };

  constructor(private readonly options: PollHealthOptions) {}

  /** Milliseconds until the queue may be polled again. */
  get waitMs(): number {
    const elapsed = this.options.clock.monotonic() - this.#pause.from;
    // A clock that was set back must not make the pause longer.
    return elapsed < 0 ? 0 : Math.max(0, this.#pause.ms - elapsed);
  }

  /** Epoch milliseconds of the last answered poll. */
  get lastPollAt(): number | undefined {
    return this.#last?.at;
  }

  /** Why the last poll failed; undefined once one is answered. */
  get lastError(): PollError | undefined {
    return this.#lastError;
  }

  /** Failed polls in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** What the last failed poll shows; undefined once one is answered. */
  get trouble(): PollTrouble | undefined {
    return this.#trouble;
  }

  get record(): PollRecord {
    const { clock } = this.options;
    return {
      lastPollAt: this.#last?.at,
      lastPollAgeMs: this.#last && Math.max(0, clock.monotonic() - this.#last.moment),
      lastError: this.#lastError,
      failures: this.#failures,
      stalls: this.#stalls,
    };
  }

  succeeded({ asked, received, tookMs }: AnsweredPoll): void {
    const { clock, events, log } = this.options;
    const { name } = this.options.queue;
    const failures = this.#failures;
    this.#last = { at: clock.now(), moment: clock.monotonic() };
    this.#failures = 0;
    this.#lastError = undefined;
    this.#trouble = undefined;
    // Another poll that failed meanwhile keeps its pause: answers between failures do not make a storm faster.
    if (received === 0) this.#pauseFor(Math.max(this.waitMs, emptyPauseMs - tookMs));
    if (failures > 0) tell(() => log.log(`Queue "${name}": receiving again after ${failures} failed polls`));
    tell(() => events.pollSucceeded?.({ queue: name, asked, received }));
  }

  failed(error: unknown): void {
    // Polls that were out together fail together: one failure.
    if (this.#failures > 0 && this.waitMs > 0) return;
    const failure = awsFailure(error);
    const { message } = queueFailure(error, 'ReceiveMessage', this.options.queue);
    this.#pauseFor(backoffMs(this.#failures + 1, pollBackoff));
    this.#record({ ...failure, message }, `${message} Polling goes on with growing pauses.`);
  }

  /** An answer had messages that nobody could ever delete; the others have been taken. */
  unusable(count: number): void {
    const message = `Queue "${this.options.queue.name}": ${count} of the messages in an answer have no MessageId or ReceiptHandle. Check what answers at its endpoint.`;
    this.#pauseFor(backoffMs(this.#failures + 1, pollBackoff));
    this.#record({ code: unusableCode, message, transient: true, answered: true }, message);
  }

  /** Nobody asked although there was room. Whoever says so asks at once: a pause might be what never ended. */
  stalled(reason: string): void {
    const message = `Queue "${this.options.queue.name}": polling had come to a halt (${reason}) and is restarted. Please report this.`;
    this.#stalls++;
    this.#pause = { from: 0, ms: 0 };
    this.#record({ code: stalledCode, message, transient: true, answered: true }, message);
  }

  #pauseFor(ms: number): void {
    this.#pause = { from: this.options.clock.monotonic(), ms: Math.min(Math.max(0, ms), longestPauseMs) };
  }

  #record(failure: AwsFailure, line: string): void {
    const { clock, events, log, queue } = this.options;
    const { code, message } = failure;
    const known = this.#lastError?.code === code;
    this.#failures++;
    this.#lastError = { code, message, at: clock.now() };
    this.#trouble = pollTrouble(failure);
    const told = { queue: queue.name, code, failures: this.#failures, retryInMs: this.#pause.ms };
    if (!known) tell(() => log.error(line));
    tell(() => events.pollFailed?.(told));
  }
}
