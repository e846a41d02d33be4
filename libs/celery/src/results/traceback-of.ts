import { errorMessage, errorName, readProperty, wellFormed } from './read-error.js';

/** Causes that are followed. */
const MAX_CAUSES = 5;
/** Characters that are kept: a stack is for people, and is stored with every failure. */
const MAX_LENGTH = 16_384;

/**
 * The text of an error's stack and of those of its causes, as Celery stores `traceback`; null for what has no stack. Nothing
 * else of the error is shown: other properties may be payload.
 */
export function tracebackOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  const text = causesOf(thrown).map(stackOf).join('\nCaused by: ');
  return wellFormed(text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}\n    …`);
}

function causesOf(error: Error): readonly Error[] {
  const chain: Error[] = [];
  let next: unknown = error;
  while (next instanceof Error && chain.length <= MAX_CAUSES && !chain.includes(next)) {
    chain.push(next);
    next = readProperty(next, 'cause');
  }
  return chain;
}

function stackOf(error: Error): string {
  const stack = readProperty(error, 'stack');
  if (typeof stack === 'string' && stack !== '') return stack;
  return `${errorName(error)}: ${String(errorMessage(error))}`;
}
