import { sleep, type Clock, type Delivery } from '#celery';

/** A message that this worker has moved to a dead-letter queue, or deleted for want of one. Its payload is not told. */
export interface DeadLetter {
  /** One word, the message attribute `CeleryReason`: `UnknownMessage`, `NotRegistered`, `Reject`, `RawMessage:TypeError`, … */
  readonly reason: string;
  /** A sentence, `CeleryError` in full length. */
  readonly detail: string;
  /** Celery name of the queue it was received from. */
  readonly queue: string;
  /** What became of it. `deleted`: its queue has no dead-letter queue that takes it, and the option `poison` says so. */
  readonly action: 'deadLettered' | 'deleted';
  /** ARN of the dead-letter queue of its queue. What was moved is a message of its own there, with another MessageId. */
  readonly deadLetterTargetArn?: string;
  /** SQS's MessageId on the queue it was received from. */
  readonly messageId: string;
  /** SQS's MessageGroupId, where it had one. */
  readonly messageGroupId?: string;
  /** SQS's ApproximateReceiveCount, from 1. */
  readonly receiveCount: number;
  /** Name of the task, where the message names one. */
  readonly task?: string;
  /** Id of the task, where the message has one. */
  readonly id?: string;
}

/** The option `onDeadLetter`: told of each dead letter, once it is one. What it throws is reported and changes nothing. */
export type DeadLetterHook = (letter: DeadLetter) => void | Promise<void>;

/** Why a message is dead, and what is known of its task. */
export type DeadLetterReason = Pick<DeadLetter, 'reason' | 'detail'> & {
  readonly [Key in 'task' | 'id']?: string | undefined;
};

export interface DeadLetterNoticesDeps {
  readonly hook: DeadLetterHook;
  readonly clock: Clock;
  /** Told of what the hook threw, and of a hook that does not end. */
  readonly onError: (error: unknown) => void;
}

/** A hook keeps the slot of its message, so that nothing is cut off at shutdown, but not for ever. */
const PATIENCE_SECONDS = 30;

/** Tells the application of dead letters. */
export class DeadLetterNotices {
  readonly #deps: DeadLetterNoticesDeps;

  constructor(deps: DeadLetterNoticesDeps) {
    this.#deps = deps;
  }

  /** Calls the hook; to be called when the message is gone from its queue. Resolves when the hook has ended; never rejects. */
  async tell(
    { queue, messageId, messageGroupId, receiveCount }: Delivery,
    { reason, detail, task, id }: DeadLetterReason,
    action: DeadLetter['action'],
  ): Promise<void> {
    const deadLetterTargetArn = queue.redrivePolicy?.deadLetterTargetArn;
    await this.#call({
      reason,
      detail,
      queue: queue.name,
      action,
      ...(deadLetterTargetArn !== undefined && { deadLetterTargetArn }),
      messageId,
      ...(messageGroupId !== undefined && { messageGroupId }),
      receiveCount,
      ...(task !== undefined && { task }),
      ...(id !== undefined && { id }),
    });
  }

  async #call(letter: DeadLetter): Promise<void> {
    const { hook, clock, onError } = this.#deps;
    const ended = new AbortController();
    const call = async (): Promise<void> => {
      try {
        await hook(letter);
      } catch (error) {
        onError(error);
      } finally {
        ended.abort();
      }
    };
    const patience = sleep(clock, PATIENCE_SECONDS * 1000, ended.signal).then(() => {
      if (!ended.signal.aborted) onError(impatience(letter));
    });
    await Promise.race([call(), patience]);
  }
}

function impatience({ messageId, queue }: DeadLetter): Error {
  return new Error(
    `onDeadLetter has not ended within ${PATIENCE_SECONDS} s for message ${messageId} of queue ${queue}: it is not waited for`,
  );
}
