import { awsFailure } from '../client/aws-failure.js';
import {
  MissingCredentialsError,
  MissingRegionError,
  QueueAccessDeniedError,
  QueueNotFoundError,
  QueueRequestError,
  SqsTransportError,
} from '../errors/index.js';
import type { SqsAction } from '../events.js';
import type { QueueOptions } from '../options.js';

/** The codes with which AWS says no to the caller, whatever the reason. */
const deniedCodes = /^(AccessDenied|KmsAccessDenied|UnauthorizedOperation|NotAuthorized)$/;
const badIdentityCodes =
  /^(InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|InvalidSecurity|InvalidAccessKeyId)(Exception)?$/;
const expiredCodes = /^(ExpiredToken|RequestExpired)(Exception)?$/;

/** Whether an error code says that a permission is missing. */
export function isDenied(code: string): boolean {
  return deniedCodes.test(code);
}

/** Turns a failed request about a queue into an error that says what to do. */
export function queueFailure(error: unknown, action: SqsAction, queue: QueueOptions): SqsTransportError {
  if (error instanceof SqsTransportError && error.code !== 'SQS_CELERY_REQUEST_TIMED_OUT') return error;
  const { code, message } = awsFailure(error);
  const options = { cause: error };
  if (code === 'CredentialsProviderError') return new MissingCredentialsError(options);
  if (/region is missing/i.test(message)) return new MissingRegionError(options);
  if (code === 'QueueDoesNotExist') return new QueueNotFoundError(queue.name, queue.url ?? queue.sqsName, options);
  if (isDenied(code)) return new QueueAccessDeniedError(queue.name, action, code, options);
  return new QueueRequestError(queue.name, action, code, advice(code, message), options);
}

function advice(code: string, message: string): string {
  if (badIdentityCodes.test(code)) {
    return 'AWS does not accept these credentials; check which ones the process finds, and their region.';
  }
  if (expiredCodes.test(code)) {
    return 'The credentials have expired; renew the session, or give the process a role that renews them, and check its clock.';
  }
  return `${message} Check the network, the region and the endpoint.`;
}
