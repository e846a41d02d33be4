import type { ResultTuple } from '../ports/result-store.js';

/** Levels of parents and groups that are followed, as a chain has steps. JSON nested much deeper is refused anyway. */
const MAX_LEVELS = 200;

/**
 * Reads a result as a tuple; undefined for anything else. Celery before 3.1 has a bare id where a pair of id and parent stands
 * now, and its reader still takes it.
 */
export function readResultTuple(value: unknown, levels = MAX_LEVELS): ResultTuple | undefined {
  if (levels === 0 || !Array.isArray(value)) return undefined;
  const identity = readIdentity(value[0], levels);
  const members = readMembers(value[1] ?? null, levels);
  return identity && members !== undefined ? [identity, members] : undefined;
}

/** Reads a list of tuples; undefined when one of them is none. */
export function readResultTuples(value: unknown, levels = MAX_LEVELS): readonly ResultTuple[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const tuples = value.map((item) => readResultTuple(item, levels)).filter((tuple) => tuple !== undefined);
  return tuples.length === value.length ? tuples : undefined;
}

function readIdentity(value: unknown, levels: number): ResultTuple[0] | undefined {
  if (typeof value === 'string') return [value, null];
  if (!Array.isArray(value)) return undefined;
  const [id, parent]: unknown[] = value;
  if (typeof id !== 'string') return undefined;
  if (parent === null || parent === undefined) return [id, null];
  const tuple = readResultTuple(parent, levels - 1);
  return tuple ? [id, tuple] : undefined;
}

function readMembers(value: unknown, levels: number): readonly ResultTuple[] | null | undefined {
  return value === null ? null : readResultTuples(value, levels - 1);
}
