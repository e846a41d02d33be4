import type { MessageAttributes, SignatureJson } from '#celery';

/** A value, or a function of the task's arguments that gives it. */
export type FromArguments<Args extends readonly unknown[], Kwargs> = string | ((args: Args, kwargs: Kwargs) => string);

/** Options of one call: Celery's `apply_async`, in camelCase. Times are in seconds. */
export interface SendOptions<Args extends readonly unknown[] = readonly unknown[], Kwargs = Record<string, unknown>> {
  /** Positional arguments. Default: none. */
  readonly args?: Args;
  /** Keyword arguments. Default: none. */
  readonly kwargs?: Kwargs;
  /** Celery name of the queue. Default: the task's own, then what `taskRoutes` says, then `taskDefaultQueue`. */
  readonly queue?: string;
  /** Seconds from now until the task may run; wins over `eta`, as in Celery. */
  readonly countdown?: number;
  /** When the task may run; a string is ISO 8601, in UTC where it has no offset. */
  readonly eta?: Date | string;
  /** When the task is not worth running any more: seconds from now, or a moment. */
  readonly expires?: number | Date | string;
  /** Task id. Default: a new UUIDv4. */
  readonly taskId?: string;
  /** 0–9. SQS does not honour it; it travels with the message. Default: 0. */
  readonly priority?: number;
  /** Custom headers, which the task finds in `TaskRequest.headers`. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Name shown in a worker's log instead of the task's. */
  readonly shadow?: string;
  /** Hard time limit in seconds. */
  readonly timeLimit?: number;
  /** Soft time limit in seconds. */
  readonly softTimeLimit?: number;
  /** Whether the worker drops the result. Default: the task's own setting, then false. */
  readonly ignoreResult?: boolean;
  /** What to send when the task has succeeded, with its result as first argument. */
  readonly link?: SignatureJson | readonly SignatureJson[];
  /** What to send when the task has failed, with its id as first argument. */
  readonly linkError?: SignatureJson | readonly SignatureJson[];
  /** SQS `MessageGroupId`: the order within a FIFO queue, fairness on a standard one. Default on FIFO queues: `default`. */
  readonly groupId?: FromArguments<Args, Kwargs>;
  /** SQS `MessageDeduplicationId`, FIFO queues only. Default: task id, nesting and retries. */
  readonly deduplicationId?: FromArguments<Args, Kwargs>;
  /** SQS message attributes, at most 10. */
  readonly messageAttributes?: MessageAttributes;
  /** Id of the workflow's first task. Default: that of the task that sends, or the task's own id. */
  readonly rootId?: string;
  /** Id of the task that sends. Default: the task in whose handler `send` is called. */
  readonly parentId?: string;
}

const NAMES: Record<keyof SendOptions, true> = {
  args: true,
  kwargs: true,
  queue: true,
  countdown: true,
  eta: true,
  expires: true,
  taskId: true,
  priority: true,
  headers: true,
  shadow: true,
  timeLimit: true,
  softTimeLimit: true,
  ignoreResult: true,
  link: true,
  linkError: true,
  groupId: true,
  deduplicationId: true,
  messageAttributes: true,
  rootId: true,
  parentId: true,
};

/** The names of all options. */
export const SEND_OPTIONS: ReadonlySet<string> = new Set(Object.keys(NAMES));
