import { SqsCeleryError } from '#celery';

/** An event came from a queue whose messages the application does not run. */
export class UnknownEventSourceError extends SqsCeleryError {
  constructor(
    /** ARN of the queue. */
    readonly eventSourceArn: string,
    run: readonly string[],
  ) {
    super(
      'SQS_CELERY_UNKNOWN_EVENT_SOURCE',
      `The event is from ${eventSourceArn}, whose messages are not run here; those of these queues are: ${run.join(', ') || 'none'}. ` +
        'Add the queue to queues of SqsCeleryModule (without consume: false, in a connection without worker: false that has handlers), ' +
        "or remove the function's event source mapping.",
    );
  }
}
