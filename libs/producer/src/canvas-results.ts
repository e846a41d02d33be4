import type { CanvasResult, ResultTuple } from '#celery';
import type { ResultBackend } from './async-result-backend.js';
import { AsyncResult } from './async-result.js';
import { GroupResult, type MemberResult } from './group-result.js';

/**
 * What is waited for after sending a signature, and what comes before it.
 * @param ignored ids of tasks whose results will not be stored
 */
export function resultOf(
  result: CanvasResult,
  backend: ResultBackend | undefined,
  ignored: ReadonlySet<string>,
): MemberResult {
  const make = ({ id, task, parent: named, results }: CanvasResult, outer: MemberResult | null): MemberResult => {
    const parent = named && make(named, outer);
    const before = parent ?? outer;
    const init = { backend, parent, before };
    if (results === null) return new AsyncResult(id, { ...init, task: task ?? undefined, ignored: ignored.has(id) });
    // One of the members looks back for all: none of them begins before what comes before the group has ended.
    const members = results.map((member, index) => make(member, index === 0 ? before : null));
    return new GroupResult(id, members, init);
  };
  return make(result, null);
}

/** What a tuple names: Celery's `result_from_tuple`. */
export function resultFromTuple(tuple: ResultTuple, backend: ResultBackend): MemberResult {
  return resultOf(canvasResultOf(tuple), backend, new Set());
}

function canvasResultOf([[id, parent], members]: ResultTuple): CanvasResult {
  return { id, task: null, parent: parent && canvasResultOf(parent), results: members && members.map(canvasResultOf) };
}
