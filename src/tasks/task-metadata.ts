import type { ParameterDecoratorOptions, PipeTransform, Type } from '@nestjs/common';
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

/** One `@Task` on a method. */
export interface TaskMetadata {
  /** Not checked yet: JavaScript can leave it out. */
  readonly name: unknown;
  readonly options: TaskOptions;
  /** Parameters of the method before the first default value. */
  readonly required: number;
  /** Whether the method has a rest parameter. */
  readonly rest: boolean;
}

/** One `@RawMessage` on a method. */
export interface RawMessageMetadata {
  /** Not checked yet: JavaScript can pass anything. */
  readonly queues: readonly unknown[];
  /** Whether the method has a rest parameter. */
  readonly rest: boolean;
}
