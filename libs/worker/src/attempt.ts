import type { Delivery, TaskMessage } from '#celery';
import type { Claim } from './idempotency/claim.js';
import type { StateUpdates } from './state-updates.js';
import type { RegisteredTask } from './task-registry.js';
import type { TaskRequest } from './task-request.js';
import type { TimeLimits } from './time-limits.js';

/** One attempt at one task. */
export interface Attempt {
  readonly task: RegisteredTask;
  readonly message: TaskMessage;
  readonly request: TaskRequest;
  readonly delivery: Delivery;
  readonly limits: TimeLimits | undefined;
  /** Ends the run by its signal, where anything but the lease can. */
  readonly interrupt: AbortController | undefined;
  /** The states that the handler gives its task. */
  readonly states?: StateUpdates;
  /** The attempt's place in the idempotency store, where there is one. */
  readonly claim?: Claim;
}
