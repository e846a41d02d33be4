import { parseRate } from './rate-limit.js';
import type { TaskRequest } from './task-request.js';

/** A class of errors, as in `autoretryFor: [HttpError]`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** Errors, by their classes or by a predicate: `(error) => error instanceof HttpError && error.status >= 500`. */
export type ErrorMatcher = readonly ErrorClass[] | ((error: unknown) => boolean);

/** Options of one task: `@Task(name, options)`, and application-wide as `taskDefaults`. Times are in seconds, as in Celery. */
export interface TaskOptions {
  /**
   * True: the message is deleted after the task has run (at least once). False: before it starts (at most once), which is
   * Celery's own default. Default: true.
   */
  readonly acksLate?: boolean;
  /**
   * False: the message of a task that failed for good is not deleted but left to the redrive policy; it runs again until then.
   * Only with `acksLate`. Default: true.
   */
  readonly acksOnFailure?: boolean;
  /** The same for a task that passed its hard time limit. Default: true. */
  readonly acksOnTimeout?: boolean;
  /** How often a task may be retried after its first run; null never gives up. Default: 3. */
  readonly maxRetries?: number | null;
  /** Seconds until a retry that names no `countdown` or `eta` of its own. Default: 180. */
  readonly defaultRetryDelay?: number;
  /**
   * These errors are retried by themselves: classes (Celery's `autoretry_for`) or a predicate, which may be asked about an error more
   * than once. One that throws makes the task fail, with both errors. Default: none.
   */
  readonly autoretryFor?: ErrorMatcher;
  /** Exceptions from `autoretryFor`, in the same form (Celery's `dont_autoretry_for`). Default: none. */
  readonly dontAutoretryFor?: ErrorMatcher;
  /** Exponential delay of automatic retries: true doubles from 1 s, a number from that many seconds. Default: false. */
  readonly retryBackoff?: boolean | number;
  /** Longest delay of `retryBackoff` in seconds. Default: 600. */
  readonly retryBackoffMax?: number;
  /** Whether `retryBackoff` draws its delay at random between 0 and the computed one. Default: true. */
  readonly retryJitter?: boolean;
  /**
   * How a retry is done. `republish`: as Celery does, by a new message with `retries` + 1, which may carry changed arguments.
   * `visibility`: the message itself becomes visible again after the delay, so that SQS's receive count goes on and its redrive policy
   * counts; without an idempotency store the number of retries is then what SQS counted, an upper bound. FIFO queues always retry in
   * place. Only with `acksLate`. No counterpart in Celery. Default: `republish`.
   */
  readonly retryVia?: 'republish' | 'visibility';
  /**
   * Called when the retries of the task are used up, before its failure is settled, with the error that would have been
   * retried. What it throws is reported and changes nothing. Called again
   * where the failure could not be settled, and the task ran once more. No counterpart in Celery. Default: none.
   */
  readonly onExhausted?: (error: unknown, request: TaskRequest) => void | Promise<void>;
  /** How many of this task run at once in this worker: a whole number from 1. No counterpart in Celery. Default: no cap. */
  readonly concurrency?: number;
  /**
   * Where the task runs. `main`: in the event loop of the application, as suits what waits for I/O. `threads`: in a thread that has
   * an application of its own, as suits what computes; needs the option `threads` of `forRoot`. Default: `main`.
   */
  readonly pool?: 'main' | 'threads';
  /**
   * How often the task may start in this worker (Celery's `rate_limit`, which is per worker too): `'10/s'`, `'100/m'`, `'2/h'`, or a
   * number per second. Null or zero: no limit. Default: null.
   */
  readonly rateLimit?: string | number | null;
  /**
   * True: the message of a task whose worker died is run again, as SQS delivers it again by itself. False: the task fails with
   * `WorkerLostError` instead, which needs an idempotency store to know. Celery's `reject_on_worker_lost`, whose default is false.
   * Only with `acksLate`. Default: true.
   */
  readonly rejectOnWorkerLost?: boolean;
  /** Whether the result is dropped. Default: false. */
  readonly ignoreResult?: boolean;
  /** Whether failures and retries are stored although `ignoreResult` drops results. Default: false. */
  readonly storeErrorsEvenIfIgnored?: boolean;
  /** Whether the state STARTED is stored when the task starts (Celery's `track_started`). Default: false. */
  readonly trackStarted?: boolean;
  /** Errors which are expected of the task: logged as INFO without a stack. Default: none. */
  readonly throws?: readonly ErrorClass[];
  /** Seconds after sending from which the task is not run any more. Default: never. */
  readonly expires?: number;
  /** Hard time limit in seconds: the task fails with `TimeLimitExceeded`. Default: none. */
  readonly timeLimit?: number;
  /** Soft time limit in seconds: the task's `AbortSignal` is aborted with `SoftTimeLimitExceeded`. Default: none. */
  readonly softTimeLimit?: number;
  /** Queue on which messages of this task are put. Default: what `taskRoutes` says, then `taskDefaultQueue`. */
  readonly queue?: string;
}

/** Task options with every default filled in. */
export interface ResolvedTaskOptions
  extends Required<Omit<TaskOptions, WithoutDefault>>, Pick<TaskOptions, WithoutDefault> {}

type WithoutDefault = 'onExhausted' | 'concurrency' | 'expires' | 'timeLimit' | 'softTimeLimit' | 'queue';

const DEFAULTS: ResolvedTaskOptions = {
  acksLate: true,
  acksOnFailure: true,
  acksOnTimeout: true,
  maxRetries: 3,
  defaultRetryDelay: 180,
  autoretryFor: [],
  dontAutoretryFor: [],
  retryBackoff: false,
  retryBackoffMax: 600,
  retryJitter: true,
  retryVia: 'republish',
  pool: 'main',
  rateLimit: null,
  rejectOnWorkerLost: true,
  ignoreResult: false,
  storeErrorsEvenIfIgnored: false,
  trackStarted: false,
  throws: [],
};

type Check = (value: unknown) => boolean;

const isBoolean: Check = (value) => typeof value === 'boolean';
const isSeconds: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isPositiveSeconds: Check = (value) => isSeconds(value) && value !== 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isErrorClass: Check = (value) =>
  typeof value === 'function' && (value === Error || value.prototype instanceof Error);
const isErrorClasses: Check = (value) => Array.isArray(value) && value.every(isErrorClass);
// A class alone, without its array, would be called as a predicate.
const isErrorMatcher: Check = (value) => isErrorClasses(value) || (typeof value === 'function' && !isErrorClass(value));

/** What each option must be, in words and as a test. */
const CHECKS: Record<keyof TaskOptions, readonly [expectation: string, check: Check]> = {
  acksLate: ['true or false', isBoolean],
  acksOnFailure: ['true or false', isBoolean],
  acksOnTimeout: ['true or false', isBoolean],
  maxRetries: ['a whole number from 0, or null for no limit', (value) => value === null || isCount(value)],
  defaultRetryDelay: ['seconds from 0', isSeconds],
  autoretryFor: ['an array of error classes, or a function that answers true for an error', isErrorMatcher],
  dontAutoretryFor: ['an array of error classes, or a function that answers true for an error', isErrorMatcher],
  retryBackoff: ['true, false or seconds from 0', (value) => isBoolean(value) || isSeconds(value)],
  retryBackoffMax: ['seconds from 0', isSeconds],
  retryJitter: ['true or false', isBoolean],
  retryVia: ["'republish' or 'visibility'", (value) => value === 'republish' || value === 'visibility'],
  onExhausted: ['a function', (value) => typeof value === 'function'],
  concurrency: ['a whole number from 1', (value) => isCount(value) && value !== 0],
  pool: ["'main' or 'threads'", (value) => value === 'main' || value === 'threads'],
  rateLimit: [
    "starts per second, as a number or like '10/s', '100/m' or '2/h', or null for no limit",
    (value) => parseRate(value).kind !== 'invalid',
  ],
  rejectOnWorkerLost: ['true or false', isBoolean],
  ignoreResult: ['true or false', isBoolean],
  storeErrorsEvenIfIgnored: ['true or false', isBoolean],
  trackStarted: ['true or false', isBoolean],
  throws: ['an array of error classes', isErrorClasses],
  expires: ['seconds from 0', isSeconds],
  timeLimit: ['seconds greater than 0', isPositiveSeconds],
  softTimeLimit: ['seconds greater than 0', isPositiveSeconds],
  queue: ['the name of a queue', (value) => typeof value === 'string' && value !== ''],
};

/** Lists everything that is wrong with task options, one sentence each; empty when they are right. */
export function taskOptionProblems(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (value === undefined) return [];
    const rule = Object.hasOwn(CHECKS, option) ? CHECKS[option as keyof TaskOptions] : undefined;
    if (!rule) return [`'${option}' is not a task option; known are ${Object.keys(CHECKS).join(', ')}`];
    const [expectation, check] = rule;
    return check(value) ? [] : [`'${option}' must be ${expectation}, got ${describe(value)}`];
  });
}

/** Fills in the defaults: the task's own options win over `taskDefaults`, which win over Celery's. */
export function resolveTaskOptions(options: TaskOptions = {}, taskDefaults: TaskOptions = {}): ResolvedTaskOptions {
  return { ...DEFAULTS, ...defined(taskDefaults), ...defined(options) };
}

function defined(options: TaskOptions): TaskOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function describe(value: unknown): string {
  if (typeof value === 'function') return value.name || 'a function';
  return typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
}
