import type { PoolMember, Turns } from './pool-member.js';

/** Slots that may go past a queue in a row while something waits in it. */
export const mostPassed = 15;

/**
 * The highest weight first, but a queue that wants a slot is passed over at most {@link mostPassed} times in a row: with up to
 * sixteen queues each gets its turn in time, also where several become due together.
 */
export class StrictTurns implements Turns {
  #passed = new Map<PoolMember, number>();

  next(wanting: readonly PoolMember[]): PoolMember | undefined {
    const byPatience = wanting.toSorted((a, b) => this.#passedOf(b) - this.#passedOf(a));
    // The one at position n gets its turn after n others: it has to begin that much earlier.
    const due = byPatience.some((member, position) => this.#passedOf(member) >= mostPassed - position);
    const chosen = due ? byPatience[0] : highest(byPatience);
    // Who does not want a slot is forgotten: nothing is passed over in it.
    this.#passed = new Map(
      wanting.filter((member) => member !== chosen).map((member) => [member, this.#passedOf(member) + 1]),
    );
    return chosen;
  }

  #passedOf(member: PoolMember): number {
    return this.#passed.get(member) ?? 0;
  }
}

/** Of equal weights the first, which is the one that has waited longest. */
function highest(members: readonly PoolMember[]): PoolMember | undefined {
  return members.find((member) => members.every((other) => other.weight <= member.weight));
}
