import { SqsCeleryError } from '#celery';
import { withoutCredentials } from '#sqs';

/** The application cannot start: everything that is wrong with its options and its task handlers, in one error. */
export class InvalidConfigurationError extends SqsCeleryError {
  constructor(
    /** One sentence for each thing that is wrong. */
    readonly problems: readonly string[],
  ) {
    const list = problems.map((problem) => `\n  - ${problem}`).join('');
    super('SQS_CELERY_INVALID_CONFIGURATION', `SqsCeleryModule cannot start, correct the following:${list}`);
  }
}

/** Of several connections, these cannot be used; the others were closed again. */
export class ConnectionsNotReadyError extends SqsCeleryError {
  constructor(
    /** What each was refused for, by the name of the connection. */
    readonly failures: ReadonlyMap<string, unknown>,
  ) {
    const list = [...failures].map(([name, failure]) => `\n  - ${name}: ${messageOf(failure)}`).join('');
    const [cause] = failures.values();
    super('SQS_CELERY_CONNECTIONS_NOT_READY', `These connections of SqsCeleryModule cannot be used:${list}`, { cause });
  }
}

/** A task was sent before the module was initialised, or after it was closed. */
export class NotConnectedError extends SqsCeleryError {
  constructor() {
    super(
      'SQS_CELERY_NOT_CONNECTED',
      'Tasks can be sent from onModuleInit() until onApplicationShutdown(): not in constructors or provider factories, and not later.',
    );
  }
}

/** A task was sent to a queue the application does not know. */
export class UndefinedQueueError extends SqsCeleryError {
  constructor(
    readonly queue: string,
    readonly task: string,
    known: readonly string[],
  ) {
    super(
      'SQS_CELERY_UNDEFINED_QUEUE',
      `Task '${task}' cannot be sent to queue '${withoutCredentials(queue)}': the options of SqsCeleryModule know ${known.join(', ')}. Add it to queues, with consume: false where it is only sent to.`,
    );
  }
}

/** A queue was to be controlled that this application does not consume. */
export class QueueNotConsumedError extends SqsCeleryError {
  constructor(
    readonly queue: string,
    consumed: readonly string[],
  ) {
    super(
      'SQS_CELERY_QUEUE_NOT_CONSUMED',
      `Queue '${withoutCredentials(queue)}' is not consumed here; consumed are: ${consumed.join(', ') || 'none'}.`,
    );
  }
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
