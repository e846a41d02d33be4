import type { PoolMember, Turns } from './pool-member.js';

/**
 * Slots in proportion to the weights (start-time fair queuing): each slot moves a queue's next turn on by 1 / weight, and the
 * earliest turn is served. Of two queues that always want slots neither gets ahead of its share by more than one slot of each.
 */
export class WeightedTurns implements Turns {
  readonly #turns = new WeakMap<PoolMember, number>();
  #now = 0;

  next(wanting: readonly PoolMember[]): PoolMember | undefined {
    const [first, ...others] = wanting;
    if (!first) return undefined;
    const chosen = others.reduce((best, member) => (this.#goesBefore(member, best) ? member : best), first);
    this.#now = this.#turnOf(chosen);
    this.#turns.set(chosen, this.#now + 1 / chosen.weight);
    return chosen;
  }

  /** Turns that were not wanted are not saved up: a queue that was idle begins with the others. */
  #turnOf(member: PoolMember): number {
    return Math.max(this.#turns.get(member) ?? 0, this.#now);
  }

  #goesBefore(member: PoolMember, other: PoolMember): boolean {
    const ahead = this.#turnOf(other) - this.#turnOf(member);
    return ahead === 0 ? member.weight > other.weight : ahead > 0;
  }
}
