/** Celery's `result_expires`: one day, in seconds. */
export const RESULT_EXPIRES = 86_400;

/** Celery's `CELERY_WORKER_REVOKE_EXPIRES`: three hours, in seconds. */
export const REVOKE_EXPIRES = 10_800;

/** Celery's `CELERY_WORKER_REVOKES_MAX`. */
export const REVOKES_MAX = 50_000;

/** How long SQS keeps a message by default, and so how long a copy of it may still arrive: four days, in seconds. */
export const IDEMPOTENCY_RETENTION = 345_600;

/** How long results are kept. */
export interface ResultRetention {
  /** Celery's `result_expires`, in seconds; null or 0: for ever. Default: one day. */
  readonly resultExpires?: number | null;
  /** Celery's `result_failure_expires` (5.7), in seconds; null or 0: for ever. Default: `resultExpires`. */
  readonly resultFailureExpires?: number | null;
}

/** The seconds for which a result of a status is kept; null: for ever. */
export function expiryOf(retention: ResultRetention): (status: string) => number | null {
  const expires = seconds('resultExpires', retention.resultExpires, RESULT_EXPIRES);
  const failureExpires = seconds('resultFailureExpires', retention.resultFailureExpires, expires);
  return (status) => (status === 'FAILURE' ? failureExpires : expires);
}

/** @throws TypeError unless it is a finite number above 0 */
export function checkedSeconds(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new TypeError(`${name} must be a number of seconds above 0; got ${String(value)}`);
}

function seconds(name: string, value: number | null | undefined, byDefault: number | null): number | null {
  if (value === undefined) return byDefault;
  return value === null || value === 0 ? null : checkedSeconds(name, value);
}
