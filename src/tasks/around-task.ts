import { UnrecoverableError } from '#celery';
import type { TaskRequest } from '#worker';

/**
 * Runs something around each task: the option `around`. It calls `next` once, which runs guards, interceptors, pipes, handler and
 * exception filters, and awaits it.
 */
export type AroundTask = (task: TaskRequest, next: () => Promise<unknown>) => Promise<unknown>;

/**
 * Runs a task inside of `around`. How the task ends is what `next` says: a result that is not passed on is not lost, and no retry
 * becomes a success. Only what `around` throws by itself, before the task or after its success, fails it.
 *
 * @param onConcealed told of an error of `around` that stands behind that of the task
 */
export async function runAround(
  around: AroundTask,
  request: TaskRequest,
  run: () => Promise<unknown>,
  onConcealed: (own: unknown, ofTask: unknown) => void,
): Promise<unknown> {
  let running: Promise<unknown> | undefined;
  let ended: Promise<PromiseSettledResult<unknown>> | undefined;
  let over = false;
  const next = (): Promise<unknown> => {
    // The task has failed by now, and may run elsewhere.
    if (over && !running) return refused(notCalled());
    running ??= run();
    // Nobody may be waiting for it yet.
    ended ??= settled(running);
    return running;
  };
  const own = await settled(callAround(around, request, next));
  over = true;
  if (!ended) throw own.status === 'rejected' ? own.reason : notCalled();
  const outcome = await ended;
  if (outcome.status === 'fulfilled') {
    if (own.status === 'rejected') throw own.reason;
    return outcome.value;
  }
  if (own.status === 'rejected' && own.reason !== outcome.reason) onConcealed(own.reason, outcome.reason);
  throw outcome.reason;
}

/** JavaScript may hand over a function that throws at once. */
async function callAround(around: AroundTask, request: TaskRequest, next: () => Promise<unknown>): Promise<unknown> {
  return around(request, next);
}

async function settled(promise: Promise<unknown>): Promise<PromiseSettledResult<unknown>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}

function notCalled(): UnrecoverableError {
  return new UnrecoverableError(
    "The option 'around' of SqsCeleryModule ended without calling next(): the task did not run",
  );
}

/** The task has failed with this error already: whoever does not wait for it misses nothing. */
function refused(error: Error): Promise<never> {
  const rejection = Promise.reject<never>(error);
  rejection.catch(() => undefined);
  return rejection;
}
