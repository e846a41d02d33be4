import { parseIsoDateTime, sleep, type Clock, type Delivery, type TaskMessage } from '#celery';

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

/**
 * Waits for an ETA in the task's slot: one that is too close for SQS's whole seconds, or that may not be parked. False when the message was taken away
 * meanwhile; undefined, and no wait, when the task is due.
 */
export function untilDue(message: TaskMessage, delivery: Delivery, clock: Clock): Promise<boolean> | undefined {
  const waitMs = (etaOf(message) ?? 0) - clock.now();
  if (waitMs <= 0) return undefined;
  // One more: timers of Node may be a fraction early by the wall clock.
  return sleep(clock, waitMs + 1, delivery.lease.signal).then(() => !delivery.lease.signal.aborted);
}
