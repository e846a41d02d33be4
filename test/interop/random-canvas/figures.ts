import { depthOf, hasChord, type DrawnCanvas } from './drawn-canvas.js';
import type { NotedRun, Observed } from './observed.js';

/** A canvas that has ended on the mixed fleet. */
interface Ended extends DrawnCanvas {
  readonly taskIds: readonly string[];
  readonly observed: Observed;
}

/** What a walk through random canvases has come across. */
export interface Figures {
  readonly canvases: number;
  readonly meanDepth: number;
  readonly percentWithChord: number;
  /** A task failed, and an errback was called with its id. */
  readonly percentFailingWithErrback: number;
  /** A message came again: its delete was lost, or its worker was killed. */
  readonly percentRedelivered: number;
  readonly percentStartedByNest: number;
  /** Runs of tasks on the mixed fleet. */
  readonly runsInPython: number;
  readonly runsInNest: number;
}

export function figuresOf(ended: readonly Ended[], noted: readonly NotedRun[]): Figures {
  const ids = new Set(ended.flatMap(({ taskIds }) => taskIds));
  const runs = noted.filter(({ id }) => ids.has(id));
  const again = redelivered(runs);
  const percent = (is: (one: Ended) => boolean): number => (100 * ended.filter(is).length) / ended.length;
  return {
    canvases: ended.length,
    meanDepth: ended.reduce((sum, { root }) => sum + depthOf(root), 0) / ended.length,
    percentWithChord: percent(({ root }) => hasChord(root)),
    percentFailingWithErrback: percent(({ observed }) => hasCalledErrback(observed)),
    percentRedelivered: percent(({ taskIds }) => taskIds.some((id) => again.has(id))),
    percentStartedByNest: percent(({ starter }) => starter === 'nest'),
    runsInPython: runs.filter(({ by }) => by === 'python').length,
    runsInNest: runs.filter(({ by }) => by === 'nest').length,
  };
}

/** Python does not know how often it has received a message: its second run of a task tells. */
function redelivered(runs: readonly NotedRun[]): ReadonlySet<string> {
  const again = new Set<string>();
  const seen = new Set<string>();
  for (const { id, receives } of runs) {
    if (receives > 1 || seen.has(id)) again.add(id);
    seen.add(id);
  }
  return again;
}

/** Errbacks are called with ids, callbacks with results. */
function hasCalledErrback({ states, called }: Observed): boolean {
  return (
    states.some((state) => state?.status === 'FAILURE') && called.some((args) => /^c\d+-o-\d+(-again)?$/.test(args))
  );
}
