import {
  SqsCeleryError,
  type Delivery,
  type MessageAttribute,
  type MessageAttributes,
  type MessageSender,
} from '#celery';
import { backOffSeconds } from './back-off.js';
import type { DeadLetterNotices, DeadLetterReason } from './dead-letters/dead-letter-hook.js';
import type { QuarantineAction, WorkerEvents } from './events.js';
import { ownAttributes, withAttributes } from './republish.js';

/** What to do with a message of a FIFO queue that cannot be moved away and blocks its group. */
export type PoisonPolicy = 'block' | 'delete';

/** Moves messages that nobody can run to the dead-letter queue of their queue's redrive policy. */
export class Quarantine {
  readonly #sender: MessageSender;
  readonly #hostname: string;
  readonly #events: WorkerEvents;
  readonly #poison: PoisonPolicy;
  readonly #deadLetters: DeadLetterNotices | undefined;

  constructor(deps: {
    sender: MessageSender;
    hostname: string;
    events: WorkerEvents;
    poison?: PoisonPolicy;
    deadLetters?: DeadLetterNotices | undefined;
  }) {
    this.#deadLetters = deps.deadLetters;
    this.#sender = deps.sender;
    this.#hostname = deps.hostname;
    this.#events = deps.events;
    this.#poison = deps.poison ?? 'block';
  }

  /**
   * Moves the message and acknowledges it. Where there is no dead-letter queue, or sending to it is not allowed, the message
   * is left to the redrive policy or to its retention, out of sight for a while (FIFO with `poison: 'delete'`: deleted).
   */
  async take(delivery: Delivery, why: DeadLetterReason): Promise<QuarantineAction> {
    const arn = delivery.queue.redrivePolicy?.deadLetterTargetArn;
    if (arn && (await this.#move(arn, delivery, why))) {
      await this.#deadLetters?.tell(delivery, why, 'deadLettered');
      return 'deadLettered';
    }
    if (delivery.queue.fifo && this.#poison === 'delete') {
      await delivery.acknowledge();
      await this.#deadLetters?.tell(delivery, why, 'deleted');
      return 'deleted';
    }
    await delivery.release(backOffSeconds(delivery.receiveCount));
    return 'left';
  }

  async #move(arn: string, delivery: Delivery, why: DeadLetterReason): Promise<boolean> {
    try {
      await this.#send(arn, delivery, this.#attributes(delivery, why)).catch((error: unknown) => {
        // The reason matters less than the message itself, where there is not room for both.
        if (!isTooLarge(error)) throw error;
        return this.#send(arn, delivery, ownAttributes(delivery));
      });
    } catch (error) {
      this.#events.emit('settleFailed', { delivery, error });
      return false;
    }
    await delivery.acknowledge();
    return true;
  }

  #send(arn: string, delivery: Delivery, messageAttributes: MessageAttributes): Promise<void> {
    return this.#sender.sendToArn(arn, delivery.queue, {
      body: delivery.body,
      messageAttributes,
      ...(delivery.messageGroupId !== undefined && { messageGroupId: delivery.messageGroupId }),
      ...(delivery.queue.fifo && { messageDeduplicationId: delivery.messageId }),
    });
  }

  #attributes(delivery: Delivery, { reason, detail }: DeadLetterReason): MessageAttributes {
    const ours = {
      CeleryReason: text(reason),
      CeleryError: text(detail),
      CeleryWorker: text(this.#hostname),
      CeleryReceiveCount: { DataType: 'Number', StringValue: String(delivery.receiveCount) },
      CeleryFirstReceived: text(new Date(delivery.firstReceivedAt).toISOString()),
    };
    return withAttributes(delivery, ours);
  }
}

/** Longest value of a message attribute of ours: names and reasons come from anywhere. */
const MAX_ATTRIBUTE_LENGTH = 256;

/** Whatever SQS does not take in a message attribute is replaced, and so is nothing at all. */
function text(value: string): MessageAttribute {
  const legal = value
    .slice(0, MAX_ATTRIBUTE_LENGTH)
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return { DataType: 'String', StringValue: legal || '-' };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof SqsCeleryError && error.code === 'SQS_CELERY_MESSAGE_TOO_LARGE';
}
