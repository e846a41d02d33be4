import type { Figures, Row } from '../report/figures.js';

/**
 * Adds to each round what a further queue takes: the difference to the memory with one queue in the same round.
 *
 * @param rows with `pssMb`, in the order of `queues`, the first of which is 1
 */
export function memoryByQueue([one, ...more]: readonly Row[], [, ...queues]: readonly number[]): readonly Row[] {
  if (one === undefined) return [];
  const others = more.map((row, index) => ({
    ...row,
    rounds: row.rounds.map((figures, round) => withMemory(figures, one.rounds[round], (queues[index] ?? 1) - 1)),
  }));
  return [one, ...others];
}

function withMemory(figures: Figures, one: Figures | undefined, further: number): Figures {
  const [pssMb, base] = [figures['pssMb'], one?.['pssMb']];
  if (pssMb === undefined || base === undefined) return figures;
  return { ...figures, mbPerQueue: (pssMb - base) / further };
}
