import type { TaskDefinition, TaskKwargs, TaskResult } from '../define-task/define-task.js';
import { InvalidTaskError } from '../errors/task-errors.js';
import { isoformat } from '../serialization/index.js';
import { isRecord, type SignatureJson } from './signature-json.js';
import type { Signature } from './signature-type.js';

/** Options of `apply_async` that a signature may carry; durations are seconds. */
export interface SignatureOptions {
  readonly taskId?: string;
  readonly queue?: string;
  readonly countdown?: number;
  /** A string is ISO 8601. */
  readonly eta?: Date | string;
  /** Seconds after sending, or a moment. */
  readonly expires?: number | Date | string;
  readonly priority?: number;
  /** Custom headers. */
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly timeLimit?: number;
  readonly softTimeLimit?: number;
  readonly shadow?: string;
  readonly ignoreResult?: boolean;
  /** Sent when the task has succeeded, with its result as first argument. */
  readonly link?: SignatureJson | readonly SignatureJson[];
  /** Sent when the task has failed for good. */
  readonly linkError?: SignatureJson | readonly SignatureJson[];
  /** SQS `MessageGroupId`. */
  readonly groupId?: string;
  /** SQS `MessageDeduplicationId`. */
  readonly deduplicationId?: string;
}

/** The arguments of {@link signature}. */
export interface SignatureInit<Task> extends SignatureOptions {
  /** The last positional arguments: results of earlier tasks are prepended. */
  readonly args?: readonly unknown[];
  readonly kwargs?: Partial<TaskKwargs<Task>>;
  /** true: takes its own arguments only, not the results of earlier tasks (Celery's `si`). */
  readonly immutable?: boolean;
}

const WIRE_NAMES: Readonly<Record<keyof SignatureOptions, string>> = {
  taskId: 'task_id',
  queue: 'queue',
  countdown: 'countdown',
  eta: 'eta',
  expires: 'expires',
  priority: 'priority',
  headers: 'headers',
  timeLimit: 'time_limit',
  softTimeLimit: 'soft_time_limit',
  shadow: 'shadow',
  ignoreResult: 'ignore_result',
  link: 'link',
  linkError: 'link_error',
  groupId: 'MessageGroupId',
  deduplicationId: 'MessageDeduplicationId',
};

/**
 * A call to be made later (Celery's `task.s(…)`): on its own, as a part of a workflow, for `link` and `linkError`.
 *
 * @param task a definition, or any name: the task need not be known here
 * @throws InvalidTaskError for an empty name or an option that is none
 */
export function signature<Task extends string | TaskDefinition>(
  task: Task,
  init: SignatureInit<Task> = {},
): Signature<TaskResult<Task>> {
  const { args = [], kwargs = {}, immutable = false, ...options } = init;
  const name = typeof task === 'string' ? task : task.name;
  if (name === '') throw new InvalidTaskError('signature: a task needs a name');
  if (!Array.isArray(args) || !isRecord(kwargs)) {
    throw new InvalidTaskError(`signature of '${name}': args must be an array and kwargs an object`);
  }
  const defaults = typeof task === 'string' ? {} : task.defaults;
  return {
    task: name,
    args,
    kwargs,
    options: wireOptions(name, { ...defaults, ...options }),
    subtask_type: null,
    immutable,
  };
}

/**
 * Options under the names that they have in messages.
 * @throws InvalidTaskError for one that is unknown, and for a number that is not finite
 */
export function wireOptions(task: string, options: SignatureOptions): Record<string, unknown> {
  const wire: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(WIRE_NAMES, name))
      throw new InvalidTaskError(`signature of '${task}': unknown option '${name}'`);
    wire[WIRE_NAMES[name as keyof SignatureOptions]] = wireValue(task, name, value);
  }
  return wire;
}

function wireValue(task: string, name: string, value: unknown): unknown {
  // As in a message of Python's, what is no number would be taken for an option that is not given.
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new InvalidTaskError(`signature of '${task}': ${name} must be a finite number, got ${value}`);
  }
  if (name === 'link' || name === 'linkError') return Array.isArray(value) ? value : [value];
  return value instanceof Date ? isoformat(value) : value;
}
