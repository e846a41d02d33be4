export {
  WorkerEvents,
  type NotMineReason,
  type QuarantineAction,
  type WorkerEvent,
  type WorkerEventMap,
} from './events.js';
export { failureOf, type Failure } from './failure-of.js';
export type { UnknownTaskPolicy } from './not-mine.js';
export type { PoisonPolicy } from './quarantine.js';
export { reprOfError } from './shown.js';
export { logTaskEvents, type TaskLogOptions } from './task-log.js';
export {
  resolveTaskOptions,
  taskOptionProblems,
  type ErrorClass,
  type ResolvedTaskOptions,
  type TaskOptions,
} from './task-options.js';
export { TaskRegistry, type RegisteredTask } from './task-registry.js';
export { TaskRequest, type TaskRequestInit } from './task-request.js';
export { Worker, type WorkerDeps, type WorkerOptions } from './worker.js';
