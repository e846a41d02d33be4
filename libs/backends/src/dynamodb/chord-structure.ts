import type { ResultTuple } from '#celery/ports';

/** How a header is counted. */
export interface HeaderSize {
  /** With what Python compares the counter: the members of the header, of which each may be a group. */
  readonly members: number;
  /** The tasks that report. */
  readonly tasks: number;
}

export function headerSize(header: ResultTuple): HeaderSize {
  return { members: header[1]?.length ?? 0, tasks: tasksOf(header).length };
}

/** Ids of the tasks of a header, in its order. */
export function tasksOf([[id], members]: ResultTuple): readonly string[] {
  return members === null ? [id] : members.flatMap(tasksOf);
}
