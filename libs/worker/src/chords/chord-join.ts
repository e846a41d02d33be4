import {
  FAILURE,
  REVOKED,
  exceptionInfoOf,
  isExceptionInfo,
  type ChordResult,
  type ExceptionInfo,
  type ResultStore,
  type ResultTuple,
} from '#celery';
import { chordError, reprOfException } from './chord-error.js';

/** What a complete header comes to: the body's argument, or why the chord has failed. */
export type Joined =
  | { readonly results: readonly unknown[] }
  /** `cause`: the exception of the task that failed, where Celery names it as the chord error's own cause. */
  | { readonly error: Error; readonly cause: ExceptionInfo | null };

/** Joins the parts of a header in their order; the first that failed is the chord's error. */
export function joinParts(parts: readonly ChordResult[]): Joined {
  const failed = parts.find(hasFailed);
  if (!failed) return { results: parts.map(({ result }) => result) };
  const cause = exceptionOf(failed);
  return { error: chordError(`Dependency ${failed.taskId} raised ${reprOfException(cause)}`), cause };
}

/** Joins a header with groups in it: their results are lists in the list. What no part says is asked of the store. */
export async function joinStructure(
  structure: ResultTuple,
  parts: readonly ChordResult[],
  store: Pick<ResultStore, 'get'>,
): Promise<Joined> {
  const known = new Map(parts.map((part) => [part.taskId, part]));
  const joined = await joinGroup(structure[1] ?? [], known, store);
  if ('values' in joined) return { results: joined.values };
  // Celery keeps no cause of an error in joining.
  return { error: chordError(`Join error: ${reprOfException(joined.failed)}`), cause: null };
}

/**
 * Joins a header whose results were polled for. Celery names the task in the error only where it has its result cached, and of a
 * failure it never has.
 */
export async function joinPolled(
  members: readonly ResultTuple[],
  results: readonly ChordResult[],
  store: Pick<ResultStore, 'get'>,
): Promise<Joined> {
  const joined = await joinGroup(members, new Map(results.map((one) => [one.taskId, one])), store);
  if ('values' in joined) return { results: joined.values };
  return { error: chordError(reprOfException(joined.failed)), cause: joined.failed };
}

interface Failed {
  readonly failed: ExceptionInfo | null;
}

/** Celery's words for a result that does not come. */
const timedOut: ExceptionInfo = {
  excType: 'TimeoutError',
  excMessage: ['The operation timed out.'],
  excModule: 'celery.exceptions',
};

async function joinMember(
  [[taskId], members]: ResultTuple,
  known: ReadonlyMap<string, ChordResult>,
  store: Pick<ResultStore, 'get'>,
): Promise<{ readonly value: unknown } | Failed> {
  if (members) {
    const group = await joinGroup(members, known, store);
    return 'values' in group ? { value: group.values } : group;
  }
  const found = known.get(taskId) ?? (await store.get(taskId));
  if (!found) return { failed: timedOut };
  return hasFailed(found) ? { failed: exceptionOf(found) } : { value: found.result };
}

async function joinGroup(
  members: readonly ResultTuple[],
  known: ReadonlyMap<string, ChordResult>,
  store: Pick<ResultStore, 'get'>,
): Promise<{ readonly values: readonly unknown[] } | Failed> {
  const values: unknown[] = [];
  for (const member of members) {
    const joined = await joinMember(member, known, store);
    if ('failed' in joined) return joined;
    values.push(joined.value);
  }
  return { values };
}

function hasFailed({ status }: Pick<ChordResult, 'status'>): boolean {
  return status === FAILURE || status === REVOKED;
}

function exceptionOf({ result }: Pick<ChordResult, 'result'>): ExceptionInfo | null {
  if (result === null || result === undefined) return null;
  return isExceptionInfo(result) ? result : exceptionInfoOf(result);
}
