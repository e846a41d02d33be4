import { HttpException } from '@nestjs/common';

/**
 * What a log shows of an error in place of its message: what an `HttpException` answers with, as `ValidationPipe` names the
 * violated constraints there alone. Undefined: its own message will do. Only text is shown, as objects may hold the value.
 */
export function httpMessageOf(error: Error): string | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const { message }: { message?: unknown } = Object(error.getResponse());
  const lines = (Array.isArray(message) ? message : [message]).filter((line) => typeof line === 'string');
  return lines.length > 0 ? lines.join('; ') : undefined;
}
