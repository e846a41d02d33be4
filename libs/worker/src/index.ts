export type { AdmissionHook } from './admission/admission.js';
export {
  WorkerEvents,
  type NotMineReason,
  type QuarantineAction,
  type WorkerEvent,
  type WorkerEventMap,
} from './events.js';
export { deadLetterResults } from './dead-letters/dead-letter-results-assembly.js';
export type { DeadLetterResults } from './dead-letters/dead-letter-results.js';
export { DeadLetterRounds } from './dead-letters/dead-letter-results-rounds.js';
export { DeadLetterNotices, type DeadLetter, type DeadLetterHook } from './dead-letters/dead-letter-hook.js';
export { ClaimLostError } from './idempotency/claim-lost-error.js';
export { execute } from './execute.js';
export { JudgedFailure, ReplacedFailure, failureOf, isExpected, type Failure } from './failure-of.js';
export type { Outcome } from './outcome.js';
export type { UnknownTaskPolicy } from './not-mine.js';
export type { PoisonPolicy } from './quarantine.js';
export type { RawMessageEventMap, RawMessageEvents, RawOutcome } from './raw-messages/raw-events.js';
export { RawHandlers, type RawHandler } from './raw-messages/raw-handlers.js';
export { logRawMessages } from './raw-messages/raw-log.js';
export { RawMessageRequest } from './raw-messages/raw-message-request.js';
export { backoffProblems, type BackoffOptions } from './redelivery-delay.js';
export { Listeners, type Listener } from './listeners.js';
export { reprOfError } from './shown.js';
export { StateUpdates } from './state-updates.js';
export { logTaskEvents, type TaskLogOptions } from './task-log.js';
export {
  resolveTaskOptions,
  taskOptionProblems,
  type ErrorClass,
  type ErrorMatcher,
  type ResolvedTaskOptions,
  type TaskOptions,
} from './task-options.js';
export { TaskRegistry, type RegisteredTask } from './task-registry.js';
export { TaskRequest, type TaskRequestInit } from './task-request.js';
export type { TaskEndState, TaskSignalMap } from './task-signals.js';
export { Worker, type WorkerDeps, type WorkerOptions, type WorkerStores } from './worker.js';
