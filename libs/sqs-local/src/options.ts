import type { Clock } from './clock/clock.js';

/** Options of a `LocalSqs`. */
export interface LocalSqsOptions {
  /** Port on 127.0.0.1, the only interface it binds to. Default 0: a free one. */
  readonly port?: number;
  /** Time for delays, visibility, retention, long polls and time stamps. Default: the machine's. */
  readonly clock?: Clock;
  /** The region in ARNs. Default `us-east-1`. */
  readonly region?: string;
  /** The account in ARNs and queue URLs, 12 digits. Default `000000000000`. */
  readonly accountId?: string;
  /** Messages of one queue that can be in flight at the same time. Default 120 000, as on AWS. */
  readonly inFlightQuota?: number;
  /**
   * Enforce SQS's waits of 60 seconds before a deleted queue can be created anew (`QueueDeletedRecently`) and between two
   * purges (`PurgeQueueInProgress`). Default false: they only make tests slow.
   */
  readonly enforceWaits?: boolean;
}

/** Refuses options that cannot work, with all of their faults in one error. */
export function checkOptions(options: LocalSqsOptions): void {
  const problems = [
    problem('port', 'an integer from 0 to 65535', options.port, (port) => isInteger(port, 0, 65_535)),
    problem('accountId', 'a string of 12 digits', options.accountId, (id) => /^\d{12}$/.test(id)),
    problem('region', "a region's name such as us-east-1", options.region, (name) => /^[a-z0-9-]+$/.test(name)),
    problem('inFlightQuota', 'a positive integer', options.inFlightQuota, (quota) => isInteger(quota, 1, Infinity)),
  ].flat();
  if (problems.length > 0) throw new TypeError(`LocalSqs: ${problems.join('; ')}.`);
}

function problem<T>(name: string, expected: string, value: T | undefined, isRight: (value: T) => boolean): string[] {
  if (value === undefined || isRight(value)) return [];
  return [`${name} must be ${expected}, not ${JSON.stringify(value)}`];
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
