import { SqsCeleryError } from '#celery/ports';

import { withoutCredentials } from './without-credentials.js';

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
 * ├── InvalidSettingError
 * ├── MessageTooLargeError
 * ├── SendFailedError
 * ├── LeaseLostError
 * ├── AcknowledgeFailedError
 * ├── ReleaseFailedError
 * ├── RequestTimedOutError
 * └── TransportClosedError
 */
export class SqsTransportError extends SqsCeleryError {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(code, withoutCredentials(message), options);
  }
}
