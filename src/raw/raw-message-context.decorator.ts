import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RawMessageRequest } from '#worker';

/** The {@link RawMessageRequest} of the message that is handled: queue, attributes, envelope, `AbortSignal`. Meets no pipe. */
export const RawMessageContext: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => RawMessageRequest.from(context),
);
