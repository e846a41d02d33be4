import type { Clock } from '#celery';

/**
 * Messages of a queue in flight from which on no more are parked there. SQS's quota is about 120 000 per queue (20 000 on FIFO
 * queues, until it was raised): beyond it a long poll answers with nothing and without an error, a short one on a standard queue with
 * `OverLimit`. What is left between the two is for messages that run.
 */
export const MAX_PARKED_IN_FLIGHT = 100_000;

/** What was read stays good for this long. */
const READ_EVERY_MS = 60_000;

export interface InFlightWatchDeps {
  /** Reads how many messages of a queue are in flight: SQS's `ApproximateNumberOfMessagesNotVisible`, of all consumers. */
  readonly counts: (queue: string) => Promise<{ readonly inFlight: number }>;
  readonly clock: Clock;
  /** Told when reading failed: nothing is known of the queue then, and parking goes on. Must not throw. */
  readonly onReadFailed?: (queue: string, error: unknown) => void;
}

interface Reading {
  readonly readAt: number;
  readonly inFlight: Promise<number>;
  /** Messages this worker was allowed to park since: the count does not know them yet. */
  parked: number;
}

/**
 * Keeps the messages that wait out of sight below SQS's quota of messages in flight. It reads a queue's count when it is asked,
 * and at most once a minute: without parked messages there is no request, and there is never a timer.
 */
export class InFlightWatch {
  readonly #deps: InFlightWatchDeps;
  readonly #readings = new Map<string, Reading>();

  constructor(deps: InFlightWatchDeps) {
    this.#deps = deps;
  }

  /** Whether one more message of the queue may be put out of sight; what is answered with true counts as parked. Never rejects. */
  async mayPark(queue: string): Promise<boolean> {
    const reading = this.#reading(queue);
    const inFlight = await reading.inFlight;
    if (inFlight + reading.parked >= MAX_PARKED_IN_FLIGHT) return false;
    reading.parked += 1;
    return true;
  }

  #reading(queue: string): Reading {
    const now = this.#deps.clock.monotonic();
    const last = this.#readings.get(queue);
    if (last && now - last.readAt < READ_EVERY_MS) return last;
    const reading = { readAt: now, inFlight: this.#read(queue), parked: 0 };
    this.#readings.set(queue, reading);
    return reading;
  }

  async #read(queue: string): Promise<number> {
    try {
      return (await this.#deps.counts(queue)).inFlight;
    } catch (error) {
      this.#deps.onReadFailed?.(queue, error);
      return 0;
    }
  }
}
