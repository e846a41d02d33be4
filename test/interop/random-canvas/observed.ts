import { RemoteTaskError, TimeoutError, type AsyncResult, type GroupResult } from 'nestjs-sqs-celery';
import { ofPython } from './canvas-signature.js';
import type { Awaited } from './python-walk.js';
import type { WalkFleets } from './walk-fleets.js';

/** A task's run, as the task has noted it. */
export interface NotedRun {
  readonly id: string;
  readonly by: 'python' | 'nest';
  /** How often its message had been received. */
  readonly receives: number;
}

/** What is stored of a task, without what differs from run to run. */
export interface StoredState {
  readonly status: string;
  readonly result: unknown;
}

/** What can be seen of a canvas once it has ended. Ids are those of the Python fleet. */
export interface Observed {
  readonly taskIds: readonly string[];
  /** By task, in the order of the canvas; null: nothing is stored. */
  readonly states: readonly (StoredState | null)[];
  /** What callbacks and errbacks were called with. */
  readonly called: readonly string[];
  /** Of the canvas as a whole. */
  readonly awaited: Awaited;
}

type Redis = WalkFleets['redis'];

/** Stands for an id that was drawn while the canvas ran. */
export const UNNAMED = '<id>';

export async function runsOf(redis: Redis): Promise<readonly NotedRun[]> {
  const lines = await redis.lRange('walk:runs', 0, -1);
  return lines.map((line) => JSON.parse(line) as NotedRun);
}

export async function statesOf(redis: Redis, taskIds: readonly string[]): Promise<(StoredState | null)[]> {
  const records = await redis.mGet(taskIds.map((id) => `celery-task-meta-${id}`));
  return records.map((record) => {
    if (record === null) return null;
    const { status, result } = JSON.parse(ofPython(record)) as StoredState;
    return { status, result };
  });
}

/** What the callbacks and errbacks of a canvas were called with. At least once: how often is not said. */
export async function calledBy(redis: Redis, name: string): Promise<string[]> {
  const lines = await redis.sMembers(`walk:called:${name}`);
  return lines.map((line) => withoutDrawnIds(ofPython(line))).toSorted();
}

/** Awaits a result in Nest, and tells it as Python does. */
export async function awaitedInNest(result: AsyncResult | GroupResult, timeoutMs: number): Promise<Awaited> {
  try {
    return { value: await result.get({ timeoutMs }) };
  } catch (error) {
    if (error instanceof TimeoutError) return { missing: true };
    if (!(error instanceof RemoteTaskError)) throw error;
    return { raised: [error.name, error.message] };
  }
}

export function normalised(awaited: Awaited): Awaited {
  return JSON.parse(withoutDrawnIds(ofPython(JSON.stringify(awaited)))) as Awaited;
}

function withoutDrawnIds(text: string): string {
  return text.replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, UNNAMED);
}
