import type { ParameterDecoratorOptions, PipeTransform, Type } from '@nestjs/common';
import type { TaskDefinition } from '#celery';
import type { TaskOptions } from '#worker';

/** Where a parameter of a handler takes its value from, in Python's terms. */
export type ParameterKind =
  /** Undecorated: positional-only. */
  | 'positional'
  /** `@Arg`: by position or by keyword. */
  | 'arg'
  /** `@Kwarg`: keyword-only. */
  | 'kwarg'
  /** `@Args`: the positional arguments that are left, `*args`. */
  | 'args'
  /** `@Kwargs`: the keyword arguments that are left, `**kwargs`. */
  | 'kwargs';

/** A parameter that takes its value from the message; what Nest reads under `ROUTE_ARGS_METADATA`, and `kind` for us. */
export interface TaskParameter {
  /** Position in the method's signature. */
  readonly index: number;
  readonly kind: ParameterKind;
  /** Names the value for pipes and for the look-up: rank of a positional parameter, name of a named one, `*`, `**`. */
  readonly data: number | string;
  readonly pipes: readonly (Type<PipeTransform> | PipeTransform)[];
  readonly schema?: NonNullable<ParameterDecoratorOptions['schema']>;
  readonly optional: boolean;
}

/** Options of `@Task`: those of the task, and where it belongs. */
export interface TaskDecoratorOptions extends TaskOptions {
  /**
   * The `name` of the connection whose messages run the method. A method that is to run for several stands under one `@Task` for
   * each. Default: the default connection.
   */
  readonly connection?: string;
}

/** Options of `@RawMessage`. */
export interface RawMessageOptions {
  /** The `name` of the connection that the queues belong to. Default: the default connection. */
  readonly connection?: string;
}

/** One `@Task` on a method. */
export interface TaskMetadata {
  /** Not checked yet: JavaScript can leave it out. */
  readonly name: unknown;
  readonly options: TaskOptions;
  /** Name of the connection; not checked yet. */
  readonly connection: unknown;
  /** Parameters of the method before the first default value. */
  readonly required: number;
  /** Whether the method has a rest parameter. */
  readonly rest: boolean;
}

/** One `@RawMessage` on a method. */
export interface RawMessageMetadata {
  /** Not checked yet: JavaScript can pass anything. */
  readonly queues: readonly unknown[];
  /** Name of the connection; not checked yet. */
  readonly connection: unknown;
  /** Whether the method has a rest parameter. */
  readonly rest: boolean;
}

/** One `@OnTaskEvent` on a method. */
export interface ListenerMetadata {
  /** Name of the event; not checked yet: JavaScript can pass anything. */
  readonly event: unknown;
  /** The task, or the name of it, that it is told of; undefined: all. */
  readonly task: string | TaskDefinition | undefined;
  /** Name of the connection; not checked yet. */
  readonly connection: unknown;
}
