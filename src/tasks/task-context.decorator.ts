import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { TaskRequest } from '#worker';

/** The {@link TaskRequest} of the running task: id, headers, retries, queue, `AbortSignal`. Does not count as an argument. */
export const TaskContext: () => ParameterDecorator = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  TaskRequest.from(context),
);
