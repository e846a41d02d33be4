import {
  DefaultValuePipe,
  ParseIntPipe,
  StandardSchemaValidationPipe,
  type ParameterDecoratorOptions,
} from '@nestjs/common';
import {
  Arg,
  Args,
  Kwarg,
  Kwargs,
  RawMessage,
  RawMessageContext,
  RawMessageRequest,
  TaskContext,
  TaskRequest,
} from 'nestjs-sqs-celery';

declare const schema: NonNullable<ParameterDecoratorOptions['schema']>;

export class Accepted {
  arg(
    @Arg('a') _a: string,
    @Arg('b', ParseIntPipe) _b: number,
    @Arg('c', new DefaultValuePipe(1), ParseIntPipe) _c: number,
    @Arg('d', { schema, pipes: [StandardSchemaValidationPipe], optional: true }) _d?: number,
  ): void {}

  kwarg(
    @Kwarg('a') _a: string,
    @Kwarg('b', new ParseIntPipe({ optional: true }), { optional: true }) _b?: number,
    @Kwarg('c', { schema }) _c?: number,
  ): void {}

  rest(
    @Args() _all: unknown[],
    @Args({ schema }) _checked: readonly number[],
    @Kwargs() _named: Record<string, unknown>,
    @Kwargs(new StandardSchemaValidationPipe(), { schema }) _validated: object,
  ): void {}

  context(@TaskContext() task: TaskRequest): [string, AbortSignal, unknown] {
    return [task.id, task.signal, task.headers['x']];
  }

  @RawMessage('uploads', 'events')
  raw(_payload: unknown, @RawMessageContext() message: RawMessageRequest): string {
    return message.messageId;
  }
}

export class Refused {
  arg(
    // @ts-expect-error an argument has a name
    @Arg() _a: string,
    // @ts-expect-error a name is a text
    @Arg(0) _b: string,
    // @ts-expect-error no pipe
    @Arg('c', class NoPipe {}) _c: string,
    // @ts-expect-error no such option
    @Arg('d', { required: false }) _d: string,
    // @ts-expect-error no schema
    @Arg('e', { schema: { parse: (value: unknown) => value } }) _e: string,
    // @ts-expect-error true or false
    @Arg('f', { optional: 'yes' }) _f: string,
  ): void {}

  kwarg(
    // @ts-expect-error an argument has a name
    @Kwarg() _a: string,
    // @ts-expect-error no pipe
    @Kwarg('b', 'int') _b: string,
    // @ts-expect-error no such option
    @Kwarg('c', { default: 1 }) _c: string,
  ): void {}

  rest(
    // @ts-expect-error what is left has no name
    @Args('rest') _all: unknown[],
    // @ts-expect-error what is left has no name
    @Kwargs('rest') _named: object,
    // @ts-expect-error takes nothing
    @TaskContext('id') _task: TaskRequest,
  ): void {}

  // @ts-expect-error a decorator of parameters
  @Arg('a')
  method(): void {}

  // @ts-expect-error a queue has a name
  @RawMessage(7)
  raw(): void {}
}

// @ts-expect-error read-only
export const changed = (task: TaskRequest): void => void (task.id = 'other');
