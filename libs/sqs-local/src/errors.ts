/** An error answer as SQS gives it: the code of the JSON protocol, the older one of the Query protocol, a status. */
export class SqsError extends Error {
  override readonly name = 'SqsError';

  constructor(
    /** The JSON protocol's error type, with its namespace. */
    readonly type: string,
    /** The Query protocol's code, which clients of the JSON protocol get too, in `x-amzn-query-error`. */
    readonly queryCode: string,
    readonly status: number,
    message: string,
    /** Whether the caller is at fault (`Sender`) or the service (`Receiver`). */
    readonly senderFault = true,
  ) {
    super(message);
  }
}

const SQS = 'com.amazonaws.sqs#';
const CORAL = 'com.amazon.coral.service#';
const LEGACY = 'AWS.SimpleQueueService.';

/** An error that SQS models, whose Query code is the same or the same with the old prefix. */
function modelled(code: string, message: string, queryCode = code, status = 400): SqsError {
  return new SqsError(SQS + code, queryCode, status, message);
}

/** An error common to AWS services. */
function common(type: string, queryCode: string, message: string, status = 400): SqsError {
  return new SqsError(CORAL + type, queryCode, status, message);
}

export const queueDoesNotExist = (): SqsError =>
  modelled('QueueDoesNotExist', 'The specified queue does not exist.', `${LEGACY}NonExistentQueue`);

export const queueNameExists = (attribute: string): SqsError =>
  modelled(
    'QueueNameExists',
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
    'QueueAlreadyExists',
  );

export const queueDeletedRecently = (): SqsError =>
  modelled(
    'QueueDeletedRecently',
    'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
    `${LEGACY}QueueDeletedRecently`,
  );

export const purgeQueueInProgress = (name: string): SqsError =>
  modelled(
    'PurgeQueueInProgress',
    `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`,
    `${LEGACY}PurgeQueueInProgress`,
    403,
  );

export const overLimit = (message: string): SqsError => modelled('OverLimit', message, 'OverLimit', 403);

export const receiptHandleIsInvalid = (): SqsError =>
  modelled('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.', 'ReceiptHandleIsInvalid', 404);

export const messageNotInflight = (): SqsError =>
  modelled('MessageNotInflight', 'The specified message is not in flight.', `${LEGACY}MessageNotInflight`);

export const invalidMessageContents = (what: string): SqsError =>
  modelled(
    'InvalidMessageContents',
    `${what} contains characters outside the allowed set: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.`,
  );

export const invalidAttributeName = (name: string): SqsError =>
  modelled('InvalidAttributeName', `Unknown Attribute ${name}.`);

export const invalidAttributeValue = (name: string, reason?: string): SqsError =>
  modelled(
    'InvalidAttributeValue',
    `Invalid value for the parameter ${name}.${reason === undefined ? '' : ` Reason: ${reason}`}`,
  );

export const unsupportedOperation = (message: string): SqsError =>
  modelled('UnsupportedOperation', message, `${LEGACY}UnsupportedOperation`);

export const resourceNotFound = (message: string): SqsError =>
  modelled('ResourceNotFoundException', message, 'ResourceNotFoundException', 404);

/** The rules of a batch as a whole. */
export const batchErrors = {
  empty: (): SqsError => batchError('EmptyBatchRequest', 'There should be at least one entry in the request.'),
  tooMany: (count: number): SqsError =>
    batchError('TooManyEntriesInBatchRequest', `Maximum number of entries per request are 10. You have sent ${count}.`),
  duplicateId: (): SqsError => batchError('BatchEntryIdsNotDistinct', 'Two entries of the batch have the same Id.'),
  invalidId: (): SqsError =>
    batchError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    ),
  tooLong: (bytes: number): SqsError =>
    batchError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than 1048576 bytes. You have sent ${bytes} bytes.`,
    ),
};

function batchError(code: string, message: string): SqsError {
  return modelled(code, message, LEGACY + code);
}

/** `reason` says what would be right; the value itself is named only where it cannot be a secret. */
export const invalidParameter = (name: string, reason: string): SqsError =>
  common(
    'InvalidParameterValueException',
    'InvalidParameterValue',
    `The value for parameter ${name} is invalid. Reason: ${reason}`,
  );

export const missingParameter = (name: string): SqsError =>
  common('MissingRequiredParameterException', 'MissingParameter', `The request must contain the parameter ${name}.`);

export const malformedInput = (message: string): SqsError =>
  common('SerializationException', 'MalformedInput', message);

export const unknownAction = (action: string): SqsError =>
  common(
    'UnknownOperationException',
    'InvalidAction',
    `The action ${action || '(none)'} is not valid for this web service.`,
  );

export const internalError = (): SqsError =>
  new SqsError(
    `${CORAL}InternalFailure`,
    'InternalFailure',
    500,
    'The local endpoint failed; its own error is emitted on the process as a warning.',
    false,
  );

/** An error a test asks for. A code without namespace counts as one of SQS's own. */
export function injectedError(code: string, status: number, message: string): SqsError {
  return new SqsError(code.includes('#') ? code : SQS + code, code, status, message, status < 500);
}
