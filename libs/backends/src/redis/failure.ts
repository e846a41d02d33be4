import { BackendError } from '../errors.js';

/**
 * What a client said, as far as it may be repeated: the first line, without the arguments that Redis quotes. Clients' errors
 * themselves are not passed on: those of ioredis hold the whole command, payload or password included.
 */
export function reasonOf(error: unknown): string {
  const { message, code } = error instanceof AggregateError ? firstOf(error) : detailsOf(error);
  const text = (message.split('\n', 1)[0] ?? '').replace(/,? with args beginning with:.*$/, '').slice(0, 200);
  return text === '' ? (code ?? 'unknown error') : text;
}

/** The error for a command that has failed. */
export function commandFailure(where: string, command: string, error: unknown): BackendError {
  return error instanceof BackendError ? error : new BackendError(`${where}: ${command} failed: ${reasonOf(error)}`);
}

/** Node tries both families of a name: the errors of one say enough. */
function firstOf(error: AggregateError): ReturnType<typeof detailsOf> {
  return detailsOf(error.errors[0] ?? error);
}

function detailsOf(error: unknown): { readonly message: string; readonly code?: string } {
  if (!(error instanceof Error)) return { message: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { message: error.message, ...(code === undefined ? {} : { code }) };
}
