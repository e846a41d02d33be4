/** A class of errors, as in `autoretryFor: [HttpError]`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

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
  /** Errors of these classes are retried by themselves. Default: none. */
  readonly autoretryFor?: readonly ErrorClass[];
  /** Exceptions from `autoretryFor`. Default: none. */
  readonly dontAutoretryFor?: readonly ErrorClass[];
  /** Exponential delay of automatic retries: true doubles from 1 s, a number from that many seconds. Default: false. */
  readonly retryBackoff?: boolean | number;
  /** Longest delay of `retryBackoff` in seconds. Default: 600. */
  readonly retryBackoffMax?: number;
  /** Whether `retryBackoff` draws its delay at random between 0 and the computed one. Default: true. */
  readonly retryJitter?: boolean;
  /** Whether the result is dropped. Default: false. */
  readonly ignoreResult?: boolean;
  /** Errors which are expected of the task: logged as INFO without a stack. Default: none. */
  readonly throws?: readonly ErrorClass[];
  /** Seconds after sending from which the task is not run any more. Default: never. */
  readonly expires?: number;
  /** Hard time limit in seconds: the task fails with `TimeLimitExceeded`. Default: none. */
  readonly timeLimit?: number;
  /** Soft time limit in seconds: the task's `AbortSignal` is aborted with `SoftTimeLimitExceeded`. Default: none. */
  readonly softTimeLimit?: number;
  /** Queue on which messages of this task are put. Default: `taskDefaultQueue`. */
  readonly queue?: string;
}

/** Task options with every default filled in. */
export interface ResolvedTaskOptions
  extends Required<Omit<TaskOptions, WithoutDefault>>, Pick<TaskOptions, WithoutDefault> {}

type WithoutDefault = 'expires' | 'timeLimit' | 'softTimeLimit' | 'queue';

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
  ignoreResult: false,
  throws: [],
};

type Check = (value: unknown) => boolean;

const isBoolean: Check = (value) => typeof value === 'boolean';
const isSeconds: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isPositiveSeconds: Check = (value) => isSeconds(value) && value !== 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isErrorClasses: Check = (value) =>
  Array.isArray(value) &&
  value.every((item) => typeof item === 'function' && (item === Error || item.prototype instanceof Error));

/** What each option must be, in words and as a test. */
const CHECKS: Record<keyof TaskOptions, readonly [expectation: string, check: Check]> = {
  acksLate: ['true or false', isBoolean],
  acksOnFailure: ['true or false', isBoolean],
  acksOnTimeout: ['true or false', isBoolean],
  maxRetries: ['a whole number from 0, or null for no limit', (value) => value === null || isCount(value)],
  defaultRetryDelay: ['seconds from 0', isSeconds],
  autoretryFor: ['an array of error classes', isErrorClasses],
  dontAutoretryFor: ['an array of error classes', isErrorClasses],
  retryBackoff: ['true, false or seconds from 0', (value) => isBoolean(value) || isSeconds(value)],
  retryBackoffMax: ['seconds from 0', isSeconds],
  retryJitter: ['true or false', isBoolean],
  ignoreResult: ['true or false', isBoolean],
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
