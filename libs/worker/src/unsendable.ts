import { SqsCeleryError } from '#celery';

/** What can never be sent or stored, however often it is tried. */
const UNSENDABLE = new Set([
  'SQS_CELERY_ENCODE',
  'SQS_CELERY_INVALID_TASK',
  'SQS_CELERY_MESSAGE_TOO_LARGE',
  'SQS_CELERY_UNSUPPORTED_COMPRESSION',
]);

/** Whether trying again would come to the same. */
export function isUnsendable(error: unknown): error is SqsCeleryError {
  return error instanceof SqsCeleryError && UNSENDABLE.has(error.code);
}

/**
 * Sends or stores. Answers the error where the same could never be sent: run again, the task would come to the same, and so it has
 * failed, as in Celery.
 */
export async function whyUnsendable(send: () => Promise<void>): Promise<SqsCeleryError | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    if (isUnsendable(error)) return error;
    throw error;
  }
}
