import { SqsTransportError } from './sqs-transport-error.js';

/** Something is wrong with one queue. */
export class QueueError extends SqsTransportError {
  constructor(
    code: string,
    /** The queue as the application calls it. */
    readonly queue: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** The queue does not exist (`QueueDoesNotExist`). */
export class QueueNotFoundError extends QueueError {
  constructor(queue: string, where: string, options?: ErrorOptions) {
    super(
      'SQS_CELERY_QUEUE_NOT_FOUND',
      queue,
      `Queue "${queue}" (${where}) does not exist (QueueDoesNotExist). ` +
        `Create it, correct its name, region or URL, or set createMissingQueues: true.`,
      options,
    );
  }
}

/** The identity in use may not do what is needed. */
export class QueueAccessDeniedError extends QueueError {
  constructor(
    queue: string,
    /** The SQS action that was refused. */
    readonly action: string,
    awsCode: string,
    options?: ErrorOptions,
  ) {
    super(
      'SQS_CELERY_QUEUE_ACCESS_DENIED',
      queue,
      `Queue "${queue}": sqs:${action} was denied (${awsCode}). ` +
        `Allow sqs:${action} on this queue for the identity the application runs as, or check its credentials and the queue's policy.`,
      options,
    );
  }
}

/** A configured queue attribute has a value SQS does not take. */
export class QueueAttributesInvalidError extends QueueError {
  constructor(
    queue: string,
    /** One line per attribute: name, what is expected, what was given. */
    readonly problems: readonly string[],
  ) {
    super(
      'SQS_CELERY_QUEUE_ATTRIBUTES_INVALID',
      queue,
      `Queue "${queue}": ${problems.join('; ')}. Correct these attributes.`,
    );
  }
}

/** One attribute whose value on SQS is not the configured one. */
export interface AttributeDifference {
  readonly attribute: string;
  readonly wanted: string;
  /** Undefined where SQS reports no value. */
  readonly found: string | undefined;
}

/** The queue exists with other attributes than the configured ones. */
export class QueueAttributesMismatchError extends QueueError {
  constructor(
    queue: string,
    readonly differences: readonly AttributeDifference[],
  ) {
    const list = differences.map((d) => `${d.attribute} wanted ${d.wanted}, found ${d.found ?? 'nothing'}`);
    super(
      'SQS_CELERY_QUEUE_ATTRIBUTES_MISMATCH',
      queue,
      `Queue "${queue}" exists with other attributes: ${list.join('; ')}. ` +
        `Change the queue or the configuration; existing queues are never altered.`,
    );
  }
}

/** SQS answered a request about a queue with an error that has no class of its own. */
export class QueueRequestError extends QueueError {
  constructor(
    queue: string,
    readonly action: string,
    /** SQS's error code, or the name of the network error. */
    readonly awsCode: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(
      'SQS_CELERY_QUEUE_REQUEST_FAILED',
      queue,
      `Queue "${queue}": ${action} failed (${awsCode}): ${detail}`,
      options,
    );
  }
}

/** The transport cannot start: every problem of every queue. */
export class QueuesNotReadyError extends SqsTransportError {
  constructor(readonly problems: readonly SqsTransportError[]) {
    const lines = problems.map((problem) => `\n  - ${problem.message}`);
    super('SQS_CELERY_QUEUES_NOT_READY', `The SQS queues are not ready:${lines.join('')}`, { cause: problems[0] });
  }
}

/** The SDK found no credentials. */
export class MissingCredentialsError extends SqsTransportError {
  constructor(options?: ErrorOptions) {
    super(
      'SQS_CELERY_MISSING_CREDENTIALS',
      'No AWS credentials were found (CredentialsProviderError). Give the process a role, a profile (AWS_PROFILE) or ' +
        'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass an SQSClient or its configuration.',
      options,
    );
  }
}

/** The SDK knows no region. */
export class MissingRegionError extends SqsTransportError {
  constructor(options?: ErrorOptions) {
    super(
      'SQS_CELERY_MISSING_REGION',
      'No AWS region is configured. Set AWS_REGION, the region of the queue, or the region of the client configuration.',
      options,
    );
  }
}

/** A queue the transport was not configured with. */
export class UnknownQueueError extends SqsTransportError {
  constructor(queue: string, known: readonly string[]) {
    super(
      'SQS_CELERY_UNKNOWN_QUEUE',
      `Queue "${queue}" is not configured. Known queues: ${known.length > 0 ? known.join(', ') : 'none'}.`,
    );
  }
}
