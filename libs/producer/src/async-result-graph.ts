import { IncompleteStream } from '#celery';
import type { GetOptions } from './async-result.js';
import type { MemberResult } from './group-result.js';

/** A result, and the one whose child it is; null: the first. */
export type ResultDependency = readonly [parent: MemberResult | null, result: MemberResult];

/**
 * A result, its children, theirs, and so on, level by level: Celery's `iterdeps`. A result is asked for its children after it
 * was given to the caller, who may wait for it.
 *
 * @param intermediate whether one that has not ended is left without children, instead of ending all
 * @throws (rejects) IncompleteStream
 */
export async function* iterdeps(root: MemberResult, intermediate: boolean): AsyncGenerator<ResultDependency, void> {
  const dependencies: ResultDependency[] = [[null, root]];
  for (const dependency of dependencies) {
    yield dependency;
    const [, result] = dependency;
    if (await result.ready()) for (const child of (await result.children()) ?? []) dependencies.push([result, child]);
    else if (!intermediate) throw new IncompleteStream(result.id);
  }
}

/** Waits for each of them in turn: Celery's `collect`. */
export async function* collect(
  root: MemberResult,
  options: GetOptions,
): AsyncGenerator<readonly [result: MemberResult, value: unknown], void> {
  for await (const [, result] of iterdeps(root, false)) yield [result, await result.get(options)];
}

/** The value of the last of them: Celery's `get_leaf`. */
export async function leafOf(root: MemberResult, options: GetOptions): Promise<unknown> {
  let leaf: unknown;
  for await (const [, value] of collect(root, options)) leaf = value;
  return leaf;
}
