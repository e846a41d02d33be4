import type { TaskRequest, WorkerEvents } from '#worker';

/** What a {@link TaskSpy} tells apart: Celery's states. */
export type SpiedState = 'STARTED' | 'SUCCESS' | 'FAILURE' | 'RETRY' | 'REVOKED' | 'IGNORED' | 'REJECTED';

/** One thing that happened to a task. */
export interface SpiedTask {
  readonly state: SpiedState;
  /** The run. */
  readonly request: TaskRequest;
  /** What the handler returned, of SUCCESS. */
  readonly result?: unknown;
  /** What the task failed with, or is retried for: the error itself, as the handler threw it. */
  readonly error?: unknown;
  /** Of REJECTED: whether its message was handed back, to be run again. */
  readonly requeue?: boolean;
}

const FINAL_STATES: ReadonlySet<SpiedState> = new Set(['SUCCESS', 'FAILURE', 'REVOKED', 'IGNORED', 'REJECTED']);

/** Whether nothing happens to the task any more. */
export function isFinal({ state, requeue = false }: SpiedTask): boolean {
  return FINAL_STATES.has(state) && !requeue;
}

/** Calls `listener` for each state that a task of the worker reaches. */
export function onTaskState(events: WorkerEvents, listener: (task: SpiedTask) => void): void {
  events.on('started', ({ request }) => listener({ state: 'STARTED', request }));
  events.on('succeeded', ({ request, result }) => listener({ state: 'SUCCESS', request, result }));
  events.on('failed', ({ request, error }) => listener({ state: 'FAILURE', request, error }));
  events.on('retried', ({ request, error }) => listener({ state: 'RETRY', request, error }));
  events.on('revoked', ({ request }) => listener({ state: 'REVOKED', request }));
  events.on('expired', ({ request }) => listener({ state: 'REVOKED', request }));
  events.on('ignored', ({ request }) => listener({ state: 'IGNORED', request }));
  events.on('rejected', ({ request, requeue }) => listener({ state: 'REJECTED', request, requeue }));
}
