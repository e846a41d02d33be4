import type { ResultTuple } from '../ports/result-store.js';

/** What is waited for after sending: Celery's `AsyncResult` and `GroupResult`. */
export interface CanvasResult {
  /** Task id, or group id. */
  readonly id: string;
  /** Name of the task; null for a group. */
  readonly task: string | null;
  /** What comes before it: the step before in a chain, the header of a chord. */
  readonly parent: CanvasResult | null;
  /** The members of a group; null for a task. */
  readonly results: readonly CanvasResult[] | null;
}

export function taskResult(id: string, task: string): CanvasResult {
  return { id, task, parent: null, results: null };
}

export function groupResult(id: string, results: readonly CanvasResult[]): CanvasResult {
  return { id, task: null, parent: null, results };
}

/** Puts `parent` before the first of what a result names as its parents. */
export function after(result: CanvasResult, parent: CanvasResult | null): CanvasResult {
  if (parent === null) return result;
  return { ...result, parent: result.parent === null ? parent : after(result.parent, parent) };
}

/** What a workflow begins with: the first of the parents. */
export function firstOf(result: CanvasResult): CanvasResult {
  return result.parent === null ? result : firstOf(result.parent);
}

/** As Celery stores it: `[[id, parent], null]` for a task, `[[id, parent], [members]]` for a group. */
export function resultTuple({ id, parent, results }: CanvasResult): ResultTuple {
  return [[id, parent && resultTuple(parent)], results && results.map(resultTuple)];
}
