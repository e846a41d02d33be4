import type { Observable } from 'rxjs';
import type { TaskArgs, TaskDefinition, TaskResult } from '#celery';
import { DEFAULT_CONNECTION } from '../tokens.js';
import { hasRestParameter } from './method-signature.js';
import { taskMetadata } from './task-metadata.accessor.js';
import type { TaskDecoratorOptions, TaskMetadata } from './task-metadata.js';

/** Positional arguments come first; what decorators bind cannot be checked by the compiler. */
type HandlerParameters<Args extends readonly unknown[]> = number extends Args['length']
  ? never[]
  : [...positional: Args, ...decorated: never[]];

/** The methods that can run a task of this definition. */
export type TaskHandler<Definition> = (
  ...args: HandlerParameters<TaskArgs<Definition>>
) => TaskResult<Definition> | Promise<TaskResult<Definition>> | Observable<TaskResult<Definition>>;

type TaskDecorator<Definition> = <Method extends TaskHandler<Definition>>(
  prototype: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * Makes a method of a provider a Celery task: the method runs for every message of that name, from whichever consumed queue
 * it arrives, through Nest's guards, interceptors and pipes.
 *
 * ```ts
 * @Task('orders.ship', { maxRetries: 5, retryBackoff: true })
 * async ship(order: OrderDto, @Kwarg('express') express = false, @TaskContext() task: TaskRequest): Promise<Receipt>
 * ```
 *
 * Arguments are bound as Python binds them. An undecorated parameter is positional-only, `@Arg` can be given by position or
 * keyword, `@Kwarg` by keyword only, `@Args` and `@Kwargs` take what is left. A parameter is required when it stands before
 * the first default value and has neither `optional: true` nor a `DefaultValuePipe`: `b?: T` alone is required. Wrong
 * arguments fail the task, and are not retried.
 *
 * A parameter typed `number`, `string` or as a class of yours receives plain values: 1.0 as a number, Decimal and Uuid as
 * strings (an integer beyond 2^53 stays a bigint, a date stays a `DateTime`, which is a `Date`). Parameters typed `unknown`,
 * `object`, an array or one of the value classes (`Float`, `Decimal`, `Uuid`, `DateTime`, …) receive the exact values.
 *
 * With a definition, positional arguments and the result are checked by the compiler.
 *
 * The message is deleted after the task has run (at least once: a task may run again after a crash) unless `acksLate: false`.
 *
 * @param task name of the task as Celery knows it, or a definition made by `defineTask`
 * @param options options of this task; they win over `taskDefaults`
 */
export function Task(task: string, options?: TaskDecoratorOptions): MethodDecorator;
export function Task<Definition extends TaskDefinition>(
  task: Definition,
  options?: TaskDecoratorOptions,
): TaskDecorator<Definition>;
export function Task(task: string | TaskDefinition, options: TaskDecoratorOptions = {}) {
  return (prototype: object, method: string | symbol): void => {
    const handler: unknown = Object.getOwnPropertyDescriptor(prototype, method)?.value;
    if (typeof prototype === 'function' || typeof method !== 'string' || typeof handler !== 'function') {
      throw new TypeError(`@Task can only decorate methods of classes with a name, not ${String(method)}`);
    }
    // Decorators run before the decorated method is put back: this is the method as it was written.
    const written = handler as (...args: never[]) => unknown;
    taskMetadata.fillPositional(prototype, method, taskMetadata.types(prototype, method)?.length ?? written.length);
    taskMetadata.add(prototype, method, {
      ...nameAndOptions(task, options),
      required: written.length,
      rest: hasRestParameter(written),
    });
  };
}

function nameAndOptions(
  task: string | TaskDefinition | undefined,
  { connection = DEFAULT_CONNECTION, ...options }: TaskDecoratorOptions,
): Pick<TaskMetadata, 'name' | 'options' | 'connection'> {
  if (typeof task !== 'object') return { name: task, options, connection };
  const { priority: _onlyWhenSent, ...defaults } = task.defaults;
  return { name: task.name, options: { ...defaults, ...options }, connection };
}
