import type { Message } from './message.js';

/**
 * The visible messages of a queue in the order in which they are handed out: what makes a standard queue differ from a
 * FIFO queue.
 */
export interface Line {
  /** A message has become visible. */
  add(message: Message): void;
  /** A visible message is taken out: it was received, deleted, moved or has expired. */
  remove(message: Message): void;
  /** A message has come in flight. */
  lock(message: Message): void;
  /** A message is in flight no longer. */
  unlock(message: Message): void;
  /** The next messages to hand out, at most `max`; they stay in line. */
  select(max: number): Message[];
  /** All visible messages. */
  values(): Iterable<Message>;
}
