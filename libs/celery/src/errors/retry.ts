import { parseIsoDateTime } from '../message/iso-date-time.js';
import { checkCountdown, kindOf } from './check.js';
import { TaskPredicate } from './task-predicate.js';

/** Celery's arguments of `self.retry(…)`. Durations are seconds. */
export interface RetryOptions {
  /** Seconds until the next attempt. Default: the task's `defaultRetryDelay`. Not together with `eta`. */
  readonly countdown?: number | undefined;
  /** Moment of the next attempt; a string is ISO 8601 and means UTC without an offset. Not together with `countdown`. */
  readonly eta?: Date | string | undefined;
  /** Why: reported as the reason of the retry, and the failure of the task once its retries are used up. */
  readonly cause?: unknown;
  /** Positional arguments of the next attempt. Default: the present ones. */
  readonly args?: readonly unknown[] | undefined;
  /** Keyword arguments of the next attempt. Default: the present ones. */
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  /** Queue of the next attempt. Default: the one the message was sent to. */
  readonly queue?: string | undefined;
  /** Custom headers of the next attempt. Default: the present ones. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** The task's `maxRetries` for this decision; `null` never gives up. Default: the task's own. */
  readonly maxRetries?: number | null | undefined;
}

/** Asks for another attempt (Celery's `raise self.retry(…)`): `throw new Retry({ countdown: 60, cause: error })`. */
export class Retry extends TaskPredicate {
  override readonly name = 'Retry';
  readonly countdown: number | undefined;
  readonly eta: Date | string | undefined;
  readonly args: readonly unknown[] | undefined;
  readonly kwargs: Readonly<Record<string, unknown>> | undefined;
  readonly queue: string | undefined;
  readonly headers: Readonly<Record<string, unknown>> | undefined;
  readonly maxRetries: number | null | undefined;

  /** @throws TypeError where an option has the wrong type, or `countdown` and `eta` are both given */
  constructor(options: RetryOptions = {}) {
    super('Retry', options.cause === undefined ? undefined : { cause: options.cause });
    checkWhen(options);
    checkCall(options);
    checkMaxRetries(options);
    this.countdown = options.countdown;
    this.eta = options.eta;
    this.args = options.args;
    this.kwargs = options.kwargs;
    this.queue = options.queue;
    this.headers = options.headers;
    this.maxRetries = options.maxRetries;
  }
}

function checkWhen({ countdown, eta }: RetryOptions): void {
  checkCountdown('Retry', countdown);
  if (eta === undefined) return;
  if (countdown !== undefined) throw new TypeError('Retry: give countdown or eta, not both');
  const valid = eta instanceof Date ? !Number.isNaN(eta.getTime()) : parseIsoDateTime(String(eta)) !== undefined;
  if (!valid) throw new TypeError(`Retry: eta must be a valid Date or an ISO 8601 date-time; got ${kindOf(eta)}`);
}

function checkCall({ args, kwargs, queue, headers }: RetryOptions): void {
  check('args', args, 'an array', Array.isArray(args));
  check('kwargs', kwargs, 'an object', isObject(kwargs));
  check('headers', headers, 'an object', isObject(headers));
  check('queue', queue, 'the name of a queue', typeof queue === 'string' && queue !== '');
}

function check(name: string, value: unknown, expected: string, valid: boolean): void {
  if (value === undefined || valid) return;
  throw new TypeError(`Retry: ${name} must be ${expected}; got ${kindOf(value)}`);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkMaxRetries({ maxRetries }: RetryOptions): void {
  if (maxRetries === undefined || maxRetries === null || (Number.isInteger(maxRetries) && maxRetries >= 0)) return;
  throw new TypeError(
    `Retry: maxRetries must be a whole number from 0, or null for no limit; got ${kindOf(maxRetries)}`,
  );
}
