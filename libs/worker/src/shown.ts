import { saferepr } from '#celery';

/** Longest name that is shown: names come from whoever can send. */
const MAX_NAME_LENGTH = 128;

/** A name or an id as it may stand in a log line: in one line, and not without end. */
export function shown(name: string): string {
  const cut = name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}...` : name;
  // oxlint-disable-next-line no-control-regex -- they are what must not reach a log
  return /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/.test(cut) ? JSON.stringify(cut) : cut;
}

/** An error as Python's `repr` shows it: `ValueError('boom')`. `messageOf`: what to show in place of its message. */
export function reprOfError(error: unknown, messageOf?: (error: Error) => string | undefined): string {
  if (!(error instanceof Error)) return saferepr(error);
  try {
    const message = messageOf?.(error) ?? error.message;
    return `${error.name}(${message === '' ? '' : saferepr(message)})`;
  } catch (unreadable) {
    // A getter of the user's class threw: that must not hide that the task failed.
    return `${error.constructor.name}(unreadable: ${unreadable instanceof Error ? unreadable.name : typeof unreadable})`;
  }
}

/** The stack of an error, for the second argument of a logger's `error`. */
export function stackOf(error: unknown): string | undefined {
  try {
    return error instanceof Error ? error.stack : undefined;
  } catch {
    // As above: without a readable stack there is none to show.
    return undefined;
  }
}
