import { SqsTransportError } from '../errors/index.js';
import type { HeldMessage } from './held-message.js';

/** What became of the message was decided before. */
export function alreadySettled(message: HeldMessage): SqsTransportError {
  const { queue, messageId } = message.lease.subject;
  return new SqsTransportError(
    'SQS_CELERY_ALREADY_SETTLED',
    `Message ${messageId} of queue "${queue}" was acknowledged or released before; it can be settled once.`,
  );
}

/** Only what has a slot can give it away. */
export function notRunning(message: HeldMessage): SqsTransportError {
  const { queue, messageId } = message.lease.subject;
  return new SqsTransportError(
    'SQS_CELERY_NOT_RUNNING',
    `Message ${messageId} of queue "${queue}" has no slot to give away: it stands aside already, or its handler has ended. ` +
      `Await standAside() before it is called again.`,
  );
}
