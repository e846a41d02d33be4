import { parseIsoDateTime, sleep, type Clock, type Delivery, type TaskMessage } from '#celery';

/** When the task may run, in epoch milliseconds. */
export function etaOf({ headers }: TaskMessage): number | undefined {
  return headers.eta === null ? undefined : parseIsoDateTime(headers.eta);
}

/** From when on the task is not worth running, in epoch milliseconds. */
export function expiresOf({ headers }: TaskMessage): number | undefined {
  return headers.expires === null ? undefined : parseIsoDateTime(headers.expires);
}

/**
 * Waits for an ETA that is too close for SQS's whole seconds, in the task's slot. False when the message was taken away
 * meanwhile; undefined, and no wait, when the task is due.
 */
export function untilDue(message: TaskMessage, delivery: Delivery, clock: Clock): Promise<boolean> | undefined {
  const waitMs = (etaOf(message) ?? 0) - clock.now();
  if (waitMs <= 0) return undefined;
  return sleep(clock, waitMs, delivery.lease.signal).then(() => !delivery.lease.signal.aborted);
}
