import { Ignore, Reject, Replaced, Retry, SoftTimeLimitExceeded, TaskRevokedError, type Clock } from '#celery';
import type { WorkerEvents } from './events.js';
import { failureOf } from './failure-of.js';
import type { Outcome } from './outcome.js';
import { automaticRetry, retryDelaySeconds } from './retry-policy.js';
import type { Attempt } from './attempt.js';
import type { RegisteredTask } from './task-registry.js';
import type { TaskRequest } from './task-request.js';
import { runAfterPrerun } from './task-signals.js';
import type { TimeLimits } from './time-limits.js';

type Run = Pick<Attempt, 'task' | 'request'>;

/** Runs a task once and says how it ended; never rejects. */
export function execute(
  { task, request, limits }: Pick<Attempt, 'task' | 'request' | 'limits'>,
  clock: Clock,
  events: WorkerEvents,
): Promise<Outcome> {
  const handler = runHandler({ task, request }, clock, events);
  return limits ? withinLimits(limits, handler, { task, request }, events) : handler;
}

async function withinLimits(
  limits: TimeLimits,
  handler: Promise<Outcome>,
  { task, request }: Run,
  events: WorkerEvents,
): Promise<Outcome> {
  // Who waits for its place in vain has ended.
  const early = task.begun && (await Promise.race([task.begun(request), handler]));
  if (early) return early;
  const exceeded = limits.start((seconds) => events.emit('softTimeLimit', { request, seconds }));
  const outcome = await Promise.race([
    handler,
    exceeded.then((error): Outcome => {
      task.terminate?.(request);
      return { kind: 'timeLimit', error, handler };
    }),
  ]);
  limits.end();
  return outcome;
}

async function runHandler({ task, request }: Run, clock: Clock, { signals }: WorkerEvents): Promise<Outcome> {
  const startedAt = clock.monotonic();
  try {
    const result = await request.run(() => runAfterPrerun(task, request, signals));
    const runtimeSeconds = (clock.monotonic() - startedAt) / 1000;
    return { kind: 'success', result, runtimeSeconds, ...addedBy(request) };
  } catch (error) {
    return outcomeOfError(reasonOf(error, request.signal), task, request, clock);
  }
}

/** What ended a handler that passed its signal on: Node's own functions wrap the reason in an `AbortError`. */
function reasonOf(error: unknown, signal: AbortSignal): unknown {
  const { reason } = signal;
  const wrapped = error instanceof Error && error.name === 'AbortError';
  return wrapped && reason instanceof SoftTimeLimitExceeded ? reason : error;
}

/** The outcome of whatever a task threw. */
function outcomeOfError(error: unknown, task: RegisteredTask, request: TaskRequest, clock: Clock): Outcome {
  // Whatever it made of its signal: it was told to end.
  const { reason } = request.signal;
  if (reason instanceof TaskRevokedError) return { kind: 'revoked', error: reason, terminated: true };
  const failure = failureOf(error, request, task.options);
  if (failure) return { kind: 'failure', ...failure };
  if (error instanceof Replaced) return { kind: 'replaced', signature: error.signature, ...addedBy(request) };
  if (error instanceof Ignore) return { kind: 'ignore' };
  if (error instanceof Reject) return { kind: 'reject', requeue: error.requeue, reason: error.message, error };
  const retry = error instanceof Retry ? error : automaticRetry(error, task.options, request.retries);
  const delaySeconds = retryDelaySeconds(retry, task.options.defaultRetryDelay, clock);
  return { kind: 'retry', retry, error: retry.cause ?? retry, delaySeconds };
}

/** Most tasks add nothing. */
function addedBy({ added }: TaskRequest): Pick<Outcome<'success'>, 'added'> {
  return added.length > 0 ? { added } : {};
}
