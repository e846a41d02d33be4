import type { Deadlines } from '../clock/deadlines.js';
import type { Deadline } from '../clock/deadline-heap.js';
import type { SqsError } from '../errors.js';
import { LinkedList, type Node } from './linked-list.js';

/** A receive that waits for messages. */
export interface LongPoll<T> {
  /** How long it waits, in milliseconds. */
  readonly waitMs: number;
  /** Aborted when the client has gone away: such a poll must not take a message along. */
  readonly signal: AbortSignal;
  /** Tries again; an empty list means: wait on. */
  attempt(): T[];
  /** The request rests. */
  onParked(): void;
  /** The request goes on: called before its promise is settled. */
  onResumed(): void;
}

interface Waiter {
  /** Tries again and ends the waiting if there was something. */
  serve(): boolean;
  end(error?: SqsError): void;
}

/** The long polls of one queue, served in the order in which they came. */
export class Waiters {
  private readonly waiting = new LinkedList<Waiter>();

  constructor(private readonly deadlines: Deadlines) {}

  get size(): number {
    return this.waiting.size;
  }

  /** Waits for messages; empty when the time is over, the client is gone or the endpoint closes. */
  park<T>(poll: LongPoll<T>): Promise<T[]> {
    if (poll.signal.aborted) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void): void => {
        this.deadlines.cancel(deadline);
        poll.signal.removeEventListener('abort', abandon);
        this.waiting.remove(node);
        poll.onResumed();
        settle();
      };
      const abandon = (): void => leave(() => resolve([]));
      const serve = (): boolean => {
        const found = poll.attempt();
        if (found.length > 0) leave(() => resolve(found));
        return found.length > 0;
      };
      const end = (error?: SqsError): void => leave(() => (error === undefined ? resolve([]) : reject(error)));
      const node: Node<Waiter> = this.waiting.append({ serve, end });
      const deadline: Deadline = this.deadlines.schedule(this.deadlines.now() + poll.waitMs, abandon);
      poll.signal.addEventListener('abort', abandon, { once: true });
      poll.onParked();
    });
  }

  /** Serves as many as there are messages for. */
  serve(): void {
    let node = this.waiting.head;
    while (node !== undefined) {
      const { next, value } = node;
      if (!value.serve()) return;
      node = next;
    }
  }

  /** Ends all: with `error`, or with an empty answer. */
  endAll(error?: SqsError): void {
    for (const waiter of this.waiting) waiter.end(error);
  }
}
