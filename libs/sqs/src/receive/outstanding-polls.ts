import { RequestEnd } from '../client/request-end.js';
import { looksWithin } from './watchdog.js';

interface OutstandingPoll {
  readonly asked: number;
  readonly end: RequestEnd;
  /** Looks of the watchdog since it began. */
  looks: number;
  ended: Promise<void>;
}

/** The polls of a queue that have not ended. */
export class OutstandingPolls {
  readonly #polls = new Set<OutstandingPoll>();

  /** `longestMs`: milliseconds in which a poll ends by itself. */
  constructor(private readonly longestMs: () => number) {}

  get size(): number {
    return this.#polls.size;
  }

  /** Messages they have asked for. */
  get asked(): number {
    let asked = 0;
    for (const poll of this.#polls) asked += poll.asked;
    return asked;
  }

  /** How many neither ended nor were given up in time. */
  get overdue(): number {
    return this.#overdue().length;
  }

  /** To be called at each look of the watchdog. */
  seen(): void {
    for (const poll of this.#polls) poll.looks++;
  }

  /** Keeps a poll until it ends; `ended` is called then, whatever it ended with. */
  add(asked: number, run: (end: RequestEnd) => Promise<void>, ended: () => void): void {
    const poll: OutstandingPoll = { asked, end: new RequestEnd(), looks: 0, ended: Promise.resolve() };
    this.#polls.add(poll);
    poll.ended = this.#run(poll, run, ended);
  }

  /** Aborts all; they end by it. */
  abort(reason: Error): void {
    for (const { end } of this.#polls) end.abort(reason);
  }

  /** Counts overdue polls no longer, and aborts them. */
  drop(reason: Error): void {
    for (const poll of this.#overdue()) {
      this.#polls.delete(poll);
      poll.end.abort(reason);
    }
  }

  /** Resolves when those that are out now have ended. */
  async settled(): Promise<void> {
    await Promise.all([...this.#polls].map((poll) => poll.ended));
  }

  async #run(poll: OutstandingPoll, run: (end: RequestEnd) => Promise<void>, ended: () => void): Promise<void> {
    try {
      await run(poll.end);
    } finally {
      this.#polls.delete(poll);
      ended();
    }
  }

  #overdue(): OutstandingPoll[] {
    const most = looksWithin(this.longestMs());
    return [...this.#polls].filter((poll) => poll.looks > most);
  }
}
