import { isDeepStrictEqual } from 'node:util';
import { UNNAMED, type Observed, type StoredState } from './observed.js';

/**
 * How a canvas on the mixed fleet differs from the same on one that is all Python, one sentence each. Known, and left out:
 *
 * - Of a chord that fails Celery tells nobody but the end of its body, and not even that where the body is a chord or where the
 *   chord is a part of another: who waits for these waits for ever. Nest tells each task of the body, and the other chord. Whether
 *   it is Nest or Python that ends the chord is a matter of chance.
 * - Of a task that fails with a group behind it, Celery tells a chord that waits for the members of the group as if it were one of
 *   them: the chord never ends. Nest tells it of each, and gives each the record that whoever joins them asks for.
 * - Which error is raised where several are stored: of the members of a group that of any, and of a task and those before it, which
 *   fail with it, Python's `get()` asks the others first. It is one of those that are stored, and a value never is an error.
 */
export function differences(ours: Observed, theirs: Observed): string[] {
  const untold = new Set(theirs.taskIds.filter((_, index) => isUntold(ours.states[index], theirs.states[index])));
  const lost = new Set(theirs.taskIds.filter((_, index) => isLost(index, ours, theirs)));
  return [
    ...stateDifferences(ours, theirs, new Set([...untold, ...lost])),
    ...calledDifferences(ours, theirs, untold),
    ...awaitedDifferences(ours, theirs),
  ];
}

/** Celery has left it waiting. */
function isUntold(ours: StoredState | null = null, theirs: StoredState | null = null): boolean {
  const { exc_type: type } = (ours?.result ?? {}) as { exc_type?: string };
  return theirs === null && ours?.status === 'FAILURE' && type === 'ChordError';
}

/** It has failed with another task, as this one has in Python too. */
function isLost(index: number, { states: ours }: Observed, { states: theirs }: Observed): boolean {
  const state = ours[index];
  return !theirs[index] && state?.status === 'FAILURE' && theirs.some((other) => isDeepStrictEqual(other, state));
}

function stateDifferences(ours: Observed, theirs: Observed, untold: ReadonlySet<string>): string[] {
  return theirs.taskIds.flatMap((id, index) => {
    const [state, expected] = [ours.states[index], theirs.states[index]];
    if (untold.has(id) || isDeepStrictEqual(state, expected)) return [];
    return [`${id}: ${JSON.stringify(state)} instead of ${JSON.stringify(expected)}`];
  });
}

/**
 * Errbacks are called with ids: those of untold tasks are called as well. The end of a body that is a bare chain has no id that
 * could be looked up, and is given one: that Python was left waiting says that it is untold.
 */
function calledDifferences(ours: Observed, theirs: Observed, untold: ReadonlySet<string>): string[] {
  const isUntoldCall = (args: string): boolean => untold.has(args) || (args === UNNAMED && 'missing' in theirs.awaited);
  const called = ours.called.filter((args) => theirs.called.includes(args) || !isUntoldCall(args));
  if (isDeepStrictEqual(called, theirs.called)) return [];
  return [`called: ${JSON.stringify(called)} instead of ${JSON.stringify(theirs.called)}`];
}

function awaitedDifferences({ awaited: ours, states }: Observed, { awaited: theirs }: Observed): string[] {
  const isOneOfThem = 'raised' in ours && !('value' in theirs) && states.some((state) => isErrorOf(state, ours.raised));
  if (isDeepStrictEqual(ours, theirs) || isOneOfThem) return [];
  return [`awaited: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`];
}

function isErrorOf(state: StoredState | null, [type, text]: readonly [string, string]): boolean {
  const { exc_type, exc_message } = (state?.result ?? {}) as { exc_type?: string; exc_message?: readonly unknown[] };
  return exc_type === type && exc_message?.[0] === text;
}
