import { InvalidTaskError } from '../errors/task-errors.js';

/** What a task takes and gives: the type argument of {@link defineTask}. */
export interface TaskShape {
  /** Positional arguments, a tuple: `[order: Order, times?: number]`. */
  args?: readonly unknown[];
  /** Keyword arguments: `{ express?: boolean }`. */
  kwargs?: object;
  /** What the task returns. */
  result?: unknown;
}

/** What every call of a task takes where it does not say otherwise (Celery's attributes of the task class). */
export interface TaskDefaults {
  /** Queue the task is sent to. */
  readonly queue?: string;
  /** 0–9; SQS does not honour it. */
  readonly priority?: number;
  /** Seconds after sending from which the task is not run any more. */
  readonly expires?: number;
  /** Seconds after which the task is stopped. */
  readonly timeLimit?: number;
  /** Seconds after which the task is asked to end. */
  readonly softTimeLimit?: number;
  /** true: nobody waits for a result, and none is stored. */
  readonly ignoreResult?: boolean;
}

/** Carries the shape of a definition through the type system; nothing is there at run time. */
declare const shape: unique symbol;

/** A task's name with the types of its arguments and result, shared by those who send it and those who run it. */
export interface TaskDefinition<Shape extends TaskShape = TaskShape> {
  readonly name: string;
  readonly defaults: TaskDefaults;
  readonly [shape]?: Shape;
}

/**
 * The positional arguments of a definition; `[]` where its shape has none. A definition without any shape, and a mere name,
 * take everything.
 */
export type TaskArgs<Task> = MemberOf<Task, 'args', readonly unknown[], readonly []>;

/** The keyword arguments of a definition; none where its shape has none. */
export type TaskKwargs<Task> = MemberOf<Task, 'kwargs', Readonly<Record<string, unknown>>, Record<string, never>>;

/** The result of a definition; unknown where its shape has none. */
export type TaskResult<Task> = MemberOf<Task, 'result', unknown, unknown>;

type MemberOf<Task, Key extends keyof TaskShape, Untyped, Absent> =
  Task extends TaskDefinition<infer Shape>
    ? TaskShape extends Shape
      ? Untyped
      : Shape extends { [K in Key]?: infer Member }
        ? Key extends keyof Shape
          ? Member
          : Absent
        : Absent
    : Untyped;

/**
 * Names a task and types it: `defineTask<{ args: [order: Order]; result: Receipt }>('orders.ship')`. Needs neither Nest nor AWS,
 * so that a producer can share it with the worker.
 *
 * @param name the name under which the task is registered in every worker, Python's included
 * @param defaults options of every call that does not say otherwise
 * @throws InvalidTaskError for an empty name
 */
export function defineTask<Shape extends TaskShape = TaskShape>(
  name: string,
  defaults: TaskDefaults = {},
): TaskDefinition<Shape> {
  if (typeof name !== 'string' || name === '') throw new InvalidTaskError('defineTask: a task needs a name');
  return Object.freeze({ name, defaults: Object.freeze({ ...defaults }) });
}
