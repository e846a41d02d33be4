import { sleep, type Clock } from '#celery';
import { OUT_OF_SIGHT_SECONDS, type Look } from './dead-letter-results.js';

/** Receives the letters of a dead-letter queue while it is resumed. */
export interface LetterConsumer {
  start(): void;
  pause(): Promise<void>;
  resume(): void;
}

export interface DeadLetterRoundsDeps {
  readonly consumer: LetterConsumer;
  /** Asks how many messages the queue has, those out of sight included. */
  readonly count: () => Promise<number>;
  readonly clock: Clock;
  /** The queue cannot be counted; told once until it can again. */
  readonly onCountFailed: (error: unknown) => void;
}

const MINUTE_MS = 60_000;
/** Without a new letter the queue is gone through this often, for what a count that lags or a worker that died has overlooked. */
const HOUR_MS = 60 * MINUTE_MS;
/** A round ends when no letter has come for so long. */
const QUIET_MS = 3000;
/** It ends before the first letters it has left come back. */
const LONGEST_ROUND_MS = (OUT_OF_SIGHT_SECONDS - 5) * 1000;

/**
 * Goes through a dead-letter queue whenever it has grown, rather than all the time: a queue that is polled without pause holds all of
 * its letters out of sight, from operators and from a redrive alike.
 */
export class DeadLetterRounds {
  readonly #deps: DeadLetterRoundsDeps;
  #known = 0;
  #looks = 0;
  /** `Clock.monotonic` of the next round if nothing new comes. */
  #nextAt = 0;
  /** Rounds in a row that left something undone. */
  #failures = 0;
  #failed = false;
  #uncounted = false;

  constructor(deps: DeadLetterRoundsDeps) {
    this.#deps = deps;
  }

  /** Goes its rounds until `signal` is aborted; resolves when the last one has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { consumer, clock } = this.#deps;
    await consumer.pause();
    consumer.start();
    while (!signal.aborted) {
      if (await this.#isDue()) await this.#goRound(signal);
      await sleep(clock, MINUTE_MS, signal);
    }
  }

  /** A letter has come; `look` says what becomes of it. */
  async letter(look: () => Promise<Look>): Promise<void> {
    this.#looks++;
    if ((await look()) !== 'failed') return;
    this.#failed = true;
    const pauseMs = Math.min(HOUR_MS, MINUTE_MS * 2 ** this.#failures);
    this.#nextAt = Math.min(this.#nextAt, this.#deps.clock.monotonic() + pauseMs);
  }

  async #isDue(): Promise<boolean> {
    const { clock, count, onCountFailed } = this.#deps;
    const isTime = clock.monotonic() >= this.#nextAt;
    const before = this.#known;
    try {
      this.#known = await count();
      this.#uncounted = false;
    } catch (error) {
      if (!this.#uncounted) onCountFailed(error);
      this.#uncounted = true;
      return isTime;
    }
    return this.#known > before || (this.#known > 0 && isTime);
  }

  async #goRound(signal: AbortSignal): Promise<void> {
    const { consumer, clock } = this.#deps;
    this.#failures = this.#failed ? this.#failures + 1 : 0;
    this.#failed = false;
    this.#nextAt = clock.monotonic() + HOUR_MS;
    consumer.resume();
    await this.#quiet(signal);
    await consumer.pause();
  }

  async #quiet(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const endAt = clock.monotonic() + LONGEST_ROUND_MS - QUIET_MS;
    let before: number;
    do {
      before = this.#looks;
      await sleep(clock, QUIET_MS, signal);
    } while (!signal.aborted && this.#looks > before && clock.monotonic() < endAt);
  }
}
