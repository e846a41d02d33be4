import { FAILURE, IGNORED, REJECTED, RETRY, REVOKED, SUCCESS } from '#celery';
import type { Listeners } from './listeners.js';
import type { Outcome, OutcomeKind } from './outcome.js';
import type { RegisteredTask } from './task-registry.js';
import type { TaskRequest } from './task-request.js';

/** How a run of a handler ended, in Celery's words. */
export type TaskEndState =
  typeof SUCCESS | typeof FAILURE | typeof RETRY | typeof IGNORED | typeof REJECTED | typeof REVOKED;

/** Celery's signals around the run of a handler, which waits for those that listen. */
export interface TaskSignalMap {
  /** The handler is about to be called. */
  taskPrerun: { readonly request: TaskRequest };
  /** The handler has ended, whatever becomes of the message now. */
  taskPostrun: {
    readonly request: TaskRequest;
    /** What the handler came to. REVOKED: it was told to end. */
    readonly state: TaskEndState;
    /** What it returned, where `state` is SUCCESS. */
    readonly result?: unknown;
    /** What it threw, or what ended it; undefined where it succeeded or asked to be ignored. */
    readonly error?: unknown;
  };
}

/** Runs a task once those that listen for `taskPrerun` have ended. */
export function runAfterPrerun(
  task: RegisteredTask,
  request: TaskRequest,
  signals: Listeners<TaskSignalMap>,
): Promise<unknown> {
  if (!signals.has('taskPrerun')) return task.run(request);
  return signals.ask('taskPrerun', { request }).then(() => task.run(request));
}

/** Resolves once those that listen for `taskPostrun` have ended. */
export function postrun(outcome: Outcome, request: TaskRequest, signals: Listeners<TaskSignalMap>): Promise<void> {
  const state = STATES[outcome.kind] ?? FAILURE;
  const ended = {
    request,
    state,
    ...(outcome.kind === 'success' && { result: outcome.result }),
    ...('error' in outcome && { error: outcome.error }),
  };
  return request.run(() => signals.ask('taskPostrun', ended));
}

/** Of what a handler can come to. */
const STATES: { readonly [Kind in OutcomeKind]?: TaskEndState } = {
  success: SUCCESS,
  replaced: IGNORED,
  failure: FAILURE,
  timeLimit: FAILURE,
  retry: RETRY,
  ignore: IGNORED,
  reject: REJECTED,
  revoked: REVOKED,
};
