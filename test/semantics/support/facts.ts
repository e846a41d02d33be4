import type { Entry } from './journal.js';

/** `runs: 4`. */
export function runs(entries: readonly Entry[]): string {
  return `runs: ${entries.length}`;
}

/** `queue empty`, or how many messages it still holds. */
export function left(depth: number): string {
  return depth === 0 ? 'queue empty' : `${depth} left on the queue`;
}

/** How many numbers were run more than once: `none`, or so many. */
export function twice(entries: readonly Entry[]): string {
  const numbers = entries.map(({ args }) => args[0]);
  const repeated = new Set(numbers.filter((number, index) => numbers.indexOf(number) !== index)).size;
  return repeated === 0 ? 'none' : `${repeated}`;
}
