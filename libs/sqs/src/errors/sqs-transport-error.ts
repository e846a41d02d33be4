/**
 * The errors of the transport:
 *
 * SqsTransportError
 * ├── QueuesNotReadyError            start: every problem of every queue (`problems`)
 * ├── QueueError                     one queue
 * │   ├── QueueNotFoundError
 * │   ├── QueueAccessDeniedError
 * │   ├── QueueAttributesInvalidError
 * │   ├── QueueAttributesMismatchError
 * │   └── QueueRequestError          any other answer of SQS
 * ├── MissingCredentialsError
 * ├── MissingRegionError
 * ├── UnknownQueueError
 * ├── MessageTooLargeError
 * ├── SendFailedError
 * ├── LeaseLostError
 * ├── AcknowledgeFailedError
 * ├── ReleaseFailedError
 * ├── RequestTimedOutError
 * └── TransportClosedError
 */
export class SqsTransportError extends Error {
  constructor(
    /** Stable name of the error, `SQS_CELERY_…`. */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
