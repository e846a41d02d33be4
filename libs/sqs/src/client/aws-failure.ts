/** What SQS, or the way to it, said about a failed request or a failed entry of a batch. */
export interface AwsFailure {
  /** SQS's error code without its legacy prefix, or the name of the network error. */
  readonly code: string;
  readonly message: string;
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  /** False when nobody knows whether SQS did what it was asked: the answer did not come. */
  readonly answered: boolean;
  /** HTTP status of the answer; undefined where there was none. */
  readonly status?: number | undefined;
}

/** An entry of a batch that SQS refused. */
export interface FailedEntry {
  readonly Code: string | undefined;
  readonly Message?: string | undefined;
  readonly SenderFault: boolean | undefined;
}

/** A map: an object would answer to `valueOf` as well. */
const legacyNames: ReadonlyMap<string, string> = new Map([
  ['NonExistentQueue', 'QueueDoesNotExist'],
  ['QueueAlreadyExists', 'QueueNameExists'],
  ['AccessDeniedException', 'AccessDenied'],
]);

const passingCodes =
  /Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|Timeout|ExpiredToken|TokenRefresh|TooSkewed|RequestExpired|RequestInTheFuture|InternalError|InternalFailure|ServiceUnavailable/i;

/** The request did not leave this machine. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPROTO|CredentialsProviderError)$|^ERR_(TLS|SSL)|CERT/;

/** SQS's codes come bare, with `AWS.SimpleQueueService.` or `com.amazonaws.sqs#` in front: one name for each. */
export function errorCode(raw: string | undefined): string {
  const bare = (raw ?? 'UnknownError').split(/[.#]/).at(-1) ?? 'UnknownError';
  return legacyNames.get(bare) ?? bare;
}

/** SQS refused one entry of a batch whose other entries it took. */
export class EntryRefused extends Error {
  constructor(readonly failure: AwsFailure) {
    super(failure.message);
  }
}

/** Reads whatever a request, or an entry of one, failed with. Never throws: it is called where loops go on. */
export function awsFailure(error: unknown): AwsFailure {
  if (error instanceof EntryRefused) return error.failure;
  if (!(error instanceof Error))
    return { code: 'UnknownError', message: text(error) ?? typeof error, transient: true, answered: true };
  const status = httpStatus(error);
  const code = errorCode(networkCode(error) ?? text(error.name));
  return {
    code,
    message: text(error.message) ?? code,
    transient: notFromSqs(status) || isPassing(status) || passingCodes.test(code),
    answered: notFromSqs(status) ? neverSent.test(code) : true,
    status,
  };
}

/**
 * No status means no answer: the network, a proxy, a time-out, or the credentials' own endpoint. SQS never fails with a status
 * below 400: such an answer is somebody else's, or broken, and SQS may have done what it was asked.
 */
function notFromSqs(status: number | undefined): boolean {
  return status === undefined || status < 400;
}

function isPassing(status = 0): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** Answers of others may put anything into the fields of an error. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Reads an entry of a batch's `Failed`. */
export function entryFailure(entry: FailedEntry): AwsFailure {
  const code = errorCode(entry.Code);
  return {
    code,
    message: entry.Message ?? code,
    transient: entry.SenderFault !== true || passingCodes.test(code),
    answered: true,
  };
}

function httpStatus(error: Error): number | undefined {
  const metadata: unknown = Reflect.get(error, '$metadata');
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const status: unknown = Reflect.get(metadata, 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}

/** `ECONNREFUSED` says more than `Error`. */
function networkCode(error: Error): string | undefined {
  const code = text(Reflect.get(error, 'code'));
  return error.name === 'TimeoutError' ? undefined : code;
}
