import { BackendError } from '../errors.js';

/** What S3 answers to a request that it refuses, by the SDK's name of the error. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** Another writer was faster than a conditional one. */
const LOST = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);

/** Whether a conditional write was refused because the object is not what it was. */
export function isLostRace(error: unknown): boolean {
  return LOST.has(nameOf(error));
}

/** Whether a store that speaks S3's protocol knows no conditional writes. */
export function isUnconditional(error: unknown): boolean {
  return nameOf(error) === 'NotImplemented';
}

/** The error for a request that has failed; says what S3 said, which holds no key of anybody's and nothing that is stored. */
export function requestFailure(where: string, operation: string, error: unknown): BackendError {
  if (error instanceof BackendError) return error;
  const name = nameOf(error);
  const text = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '').slice(0, 200) : '';
  const reason = [name, text].filter((one) => one !== '' && one !== 'Error').join(': ') || 'unknown error';
  return new BackendError(`${where}: ${operation} failed: ${reason}${hintFor(name, operation)}`);
}

function hintFor(name: string, operation: string): string {
  // S3 tells only those who may list a bucket that something is not in it.
  if (name !== 'AccessDenied' || operation !== 'GetObject') return '';
  return '. Without s3:ListBucket S3 says so of every result that is not stored yet';
}
