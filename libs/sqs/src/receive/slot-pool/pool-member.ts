/** A queue that takes its slots from a pool. */
export interface PoolMember {
  /** How much it gets compared to others: a whole number from 1. */
  readonly weight: number;
  /** Slots it has. */
  readonly running: number;
  /** Whether it has a message that would run if it were given a slot. */
  readonly wanting: boolean;
  /** Messages its polls may bring beyond those every queue may hold; undefined while it receives nothing. */
  readonly expected: number | undefined;
  /** Runs one message, unless none of those that waited is still ours. */
  startNext(): void;
}

/** Decides who gets the next slot when there are too few. */
export interface Turns {
  /** One of those that want a slot; undefined when nobody does. */
  next(wanting: readonly PoolMember[]): PoolMember | undefined;
}
