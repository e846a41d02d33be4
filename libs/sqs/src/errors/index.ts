export { InvalidSettingError } from './invalid-setting-error.js';
export { SqsTransportError } from './sqs-transport-error.js';
export { withoutCredentials } from './without-credentials.js';
export {
  MissingCredentialsError,
  MissingRegionError,
  QueueAccessDeniedError,
  QueueAttributesInvalidError,
  QueueAttributesMismatchError,
  QueueError,
  QueueNotFoundError,
  QueueRequestError,
  QueuesNotReadyError,
  UnknownQueueError,
  type AttributeDifference,
} from './queue-errors.js';
export {
  AcknowledgeFailedError,
  LeaseLostError,
  MessageTooLargeError,
  ReleaseFailedError,
  RequestTimedOutError,
  SendFailedError,
  TransportClosedError,
  type LeaseLossReason,
} from './message-errors.js';
