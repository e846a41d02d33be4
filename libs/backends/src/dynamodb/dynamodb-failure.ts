import { BackendError, ImproperlyConfigured } from '../errors.js';
import type { ReadItem } from './item.js';

/** What DynamoDB answers to a request that it refuses, by the SDK's name of the error. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** The item that a conditional write has found instead; undefined for any other error. */
export function refusedItem(error: unknown): { readonly item: ReadItem | undefined } | undefined {
  if (nameOf(error) !== 'ConditionalCheckFailedException') return undefined;
  const item = error instanceof Error && 'Item' in error ? (error.Item as ReadItem | undefined) : undefined;
  return { item };
}

/** The error for a request that has failed; the SDK's own is not passed on: it may hold what was to be stored. */
export function requestFailure(where: string, operation: string, error: unknown): Error {
  if (error instanceof BackendError || error instanceof ImproperlyConfigured) return error;
  const said = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '').slice(0, 200) : '';
  const reason = [nameOf(error), said].filter((one) => one !== '' && one !== 'Error').join(': ');
  return new BackendError(`${where}: ${operation} failed: ${reason || 'unknown error'}`);
}
