import { SqsTransportError } from './sqs-transport-error.js';

/** The message is larger than the queue takes; found out before any request. */
export class MessageTooLargeError extends SqsTransportError {
  constructor(
    readonly queue: string,
    /** Bytes of body and attributes. */
    readonly bytes: number,
    /** Bytes the queue takes. */
    readonly maximumMessageSize: number,
  ) {
    super(
      'SQS_CELERY_MESSAGE_TOO_LARGE',
      `A message for queue "${queue}" has ${bytes} bytes (body and attributes); the queue takes ${maximumMessageSize}. ` +
        `Send a reference to the data instead, compress it, or raise the queue's MaximumMessageSize (at most 1048576).`,
    );
  }
}

/** SQS did not accept a message. */
export class SendFailedError extends SqsTransportError {
  constructor(
    readonly queue: string,
    /** SQS's error code, or the name of the network error. */
    readonly awsCode: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super('SQS_CELERY_SEND_FAILED', `Sending to queue "${queue}" failed (${awsCode}): ${detail}`, options);
  }
}

/** Why a lease ended before its message was settled. */
export type LeaseLossReason =
  /** Its time passed without a confirmed extension. */
  | 'expired'
  /** SQS no longer knows the receipt handle as ours. */
  | 'refused'
  /** The worker stops and its `shutdownTimeoutMs` has passed. */
  | 'shutdown';

const lossTexts: Record<LeaseLossReason, string> = {
  expired: 'its visibility timeout passed without a confirmed extension',
  refused: 'SQS no longer accepts its receipt handle',
  shutdown: 'the worker was stopped before the handler ended',
};

/** The message may be with another consumer: nothing of this attempt may be stored, sent or deleted any more. */
export class LeaseLostError extends SqsTransportError {
  constructor(
    readonly queue: string,
    readonly messageId: string,
    readonly reason: LeaseLossReason,
  ) {
    super(
      'SQS_CELERY_LEASE_LOST',
      `The lease of message ${messageId} of queue "${queue}" was lost: ${lossTexts[reason]}.`,
    );
  }
}

/** SQS refused to delete a message for good; it will be delivered again. */
export class AcknowledgeFailedError extends SqsTransportError {
  constructor(queue: string, messageId: string, awsCode: string, options?: ErrorOptions) {
    super(
      'SQS_CELERY_ACKNOWLEDGE_FAILED',
      `Message ${messageId} of queue "${queue}" could not be deleted (${awsCode}) and will be delivered again. ` +
        `Check that sqs:DeleteMessage is allowed.`,
      options,
    );
  }
}

/** SQS refused to change a message's visibility; it comes back when its present lease ends. */
export class ReleaseFailedError extends SqsTransportError {
  constructor(queue: string, messageId: string, awsCode: string, options?: ErrorOptions) {
    super(
      'SQS_CELERY_RELEASE_FAILED',
      `Message ${messageId} of queue "${queue}" could not be released (${awsCode}); it comes back when its lease ends. ` +
        `Check that sqs:ChangeMessageVisibility is allowed.`,
      options,
    );
  }
}

/** A request had no answer in time. */
export class RequestTimedOutError extends SqsTransportError {
  constructor(action: string, timeoutMs: number) {
    super('SQS_CELERY_REQUEST_TIMED_OUT', `${action} had no answer within ${timeoutMs} ms.`);
  }
}

/** The transport was closed before this could be done. */
export class TransportClosedError extends SqsTransportError {
  constructor(what: string) {
    super('SQS_CELERY_TRANSPORT_CLOSED', `${what}: the SQS transport is closed.`);
  }
}
