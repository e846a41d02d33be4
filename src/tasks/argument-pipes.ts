import {
  StandardSchemaValidationPipe,
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { RawMessageRequest, TaskRequest } from '#worker';

type CreatePipes = ExternalContextCreator['createPipesFn'];

/** What Nest calls the type of our parameters: see the accessor of their metadata. */
const ARGUMENT = 'body';

/**
 * Makes Nest's pipes for the parameters of a task. Those of the application, class and method run for arguments that were given:
 * `ValidationPipe` would make `{}` of one that is missing, and validate it. Those of the parameter itself run always, for the sake
 * of `DefaultValuePipe`; but what may be missing is not validated when it is.
 */
export function createArgumentPipes(create: CreatePipes, ...[shared, parameters]: Parameters<CreatePipes>) {
  const own = (pipe: PipeTransform): PipeTransform => (validates(pipe) ? forGivenArguments(pipe) : pipe);
  return create(
    shared.map(forGivenArguments),
    parameters.map((parameter) => ({ ...parameter, pipes: parameter.pipes.map(own) })),
  );
}

function validates(pipe: PipeTransform): boolean {
  return pipe instanceof ValidationPipe || pipe instanceof StandardSchemaValidationPipe;
}

function forGivenArguments(pipe: PipeTransform): PipeTransform {
  return {
    transform: (value: unknown, metadata: ArgumentMetadata): unknown =>
      isGiven(value, metadata) ? pipe.transform(value, metadata) : value,
  };
}

/** JSON has no undefined, and a required argument that is missing failed before. The running task or message is no argument. */
function isGiven(value: unknown, { type }: ArgumentMetadata): boolean {
  if (value instanceof TaskRequest || value instanceof RawMessageRequest) return false;
  return value !== undefined || type !== ARGUMENT;
}
