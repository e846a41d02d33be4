import type { Clock, ResultStore, TaskMessage } from '#celery';
import type { WorkerEvents } from '../events.js';
import type { TaskOptions } from '../task-options.js';
import type { RegisteredTask, TaskRegistry } from '../task-registry.js';
import type { WorkflowCalls } from '../workflow-calls.js';

/** A task that every worker of Celery's has. */
export interface BuiltInTask extends RegisteredTask {
  /** Names of tasks that the message calls as functions: a worker that does not know them leaves the message to others. */
  needs?(message: TaskMessage): readonly string[];
  /** Whether what the message asks to be sent can be sent from here. Default: it can. */
  canSend?(message: TaskMessage): boolean;
}

/** What built-in tasks work with. */
export interface BuiltInDeps {
  /** The application's own tasks. */
  readonly registry: Pick<TaskRegistry, 'get'>;
  /** Sends signatures of any kind. */
  readonly workflows: WorkflowCalls;
  /** Undefined: results are disabled. */
  readonly store: ResultStore | undefined;
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly clock: Clock;
  /** Application-wide options of tasks; they hold for built-in ones too, as Celery's `task_…` settings do. */
  readonly taskDefaults?: TaskOptions | undefined;
}
