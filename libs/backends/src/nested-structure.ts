import type { ResultTuple } from '#celery/ports';

/** A header that has groups in it. Of any other the parts themselves tell all. */
export function nestedStructure(header: ResultTuple | undefined): ResultTuple | undefined {
  return header?.[1]?.some(([, members]) => members !== null) ? header : undefined;
}
