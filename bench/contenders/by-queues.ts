import type { Contender } from './contender.js';
import { OURS } from './ours.js';
import type { Roster } from './roster.js';

/** How many queues one process polls, in the order of {@link byQueues}. */
export const QUEUES: readonly number[] = [1, 10, 100];

/** One process of ours, by the number of queues that it polls; none where ours was left out. */
export function byQueues({ contenders }: Roster): readonly Contender[] {
  const one = contenders.find(({ name }) => name === OURS);
  return one
    ? QUEUES.map((queues) => ({ ...one, queues, name: queues === 1 ? OURS : `${OURS}, ${queues} queues` }))
    : [];
}
