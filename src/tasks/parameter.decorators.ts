import type { PipeTransform, Type } from '@nestjs/common';
import type { ParameterDecoratorOptions } from '@nestjs/common';
import { isParameterDecoratorOptions } from '@nestjs/common/internal';
import { taskMetadata } from './task-metadata.accessor.js';
import type { ParameterKind, TaskParameter } from './task-metadata.js';

type Pipe = Type<PipeTransform> | PipeTransform;

/** What a parameter decorator takes besides a name, as `@Body()` does. */
export interface TaskParameterOptions extends ParameterDecoratorOptions {
  /** Whether the argument may be missing; the parameter is then undefined, or has its default value. Default: false. */
  readonly optional?: boolean;
}

type PipesOrOptions = readonly (Pipe | TaskParameterOptions)[];

/**
 * An ordinary parameter of Python's: given by position or by keyword.
 *
 * @param name the keyword
 * @param pipesOrOptions pipes, or `{ schema, pipes, optional }`
 */
export function Arg(name: string, ...pipesOrOptions: PipesOrOptions): ParameterDecorator {
  return parameterDecorator('arg', name, pipesOrOptions);
}

/**
 * A keyword-only parameter.
 *
 * @param name the keyword
 * @param pipesOrOptions pipes, or `{ schema, pipes, optional }`
 */
export function Kwarg(name: string, ...pipesOrOptions: PipesOrOptions): ParameterDecorator {
  return parameterDecorator('kwarg', name, pipesOrOptions);
}

/** The positional arguments that no other parameter takes, as an array: Python's `*args`. */
export function Args(...pipesOrOptions: PipesOrOptions): ParameterDecorator {
  return parameterDecorator('args', '*', pipesOrOptions);
}

/** The keyword arguments that no other parameter takes, as an object: Python's `**kwargs`. */
export function Kwargs(...pipesOrOptions: PipesOrOptions): ParameterDecorator {
  return parameterDecorator('kwargs', '**', pipesOrOptions);
}

function parameterDecorator(kind: ParameterKind, data: string, pipesOrOptions: PipesOrOptions): ParameterDecorator {
  return (prototype, method, index) => {
    if (typeof method !== 'string') throw new TypeError(`@${kind} can only decorate parameters of methods with a name`);
    taskMetadata.addParameter(prototype, method, { index, kind, data, ...settingsOf(pipesOrOptions) });
  };
}

function settingsOf(pipesOrOptions: PipesOrOptions): Pick<TaskParameter, 'pipes' | 'schema' | 'optional'> {
  const options = pipesOrOptions.filter(isOptions);
  const schema = options.find((option) => option.schema)?.schema;
  return {
    pipes: pipesOrOptions.flatMap((item) => (isOptions(item) ? (item.pipes ?? []) : [item])),
    optional: options.some((option) => option.optional === true),
    ...(schema && { schema }),
  };
}

function isOptions(item: Pipe | TaskParameterOptions): item is TaskParameterOptions {
  return (
    isParameterDecoratorOptions(item) || (typeof item === 'object' && 'optional' in item && !('transform' in item))
  );
}
