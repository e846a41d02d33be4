import { parseIsoDateTime, type Clock, type TaskMessage } from '#celery';

/** When the task may run, in epoch milliseconds. */
export function etaOf({ headers }: TaskMessage): number | undefined {
  return headers.eta === null ? undefined : parseIsoDateTime(headers.eta);
}

/** From when on the task is not worth running, in epoch milliseconds. */
export function expiresOf({ headers }: TaskMessage): number | undefined {
  return headers.expires === null ? undefined : parseIsoDateTime(headers.expires);
}

/** Whether the task is not worth running any more. */
export function isExpired(message: TaskMessage, clock: Clock): boolean {
  const expires = expiresOf(message);
  return expires !== undefined && clock.now() > expires;
}

/** Milliseconds until the task may run; 0 when it may now. */
export function untilDueMs(message: TaskMessage, clock: Clock): number {
  const waitMs = (etaOf(message) ?? 0) - clock.now();
  // One more: timers of Node may be a fraction early by the wall clock.
  return waitMs > 0 ? waitMs + 1 : 0;
}
