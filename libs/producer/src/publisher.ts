import { createHash } from 'node:crypto';
import {
  encodeMessage,
  parseIsoDateTime,
  type Clock,
  type EncodeOptions,
  type MessageSender,
  type PublishOptions,
  type QueueMessage,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';

/** Longest `DelaySeconds` of SQS. */
const MAX_DELAY_SECONDS = 900;

/** kombu's group for messages of a FIFO queue that name none. */
const DEFAULT_GROUP = 'default';

export interface PublisherDeps {
  readonly sender: MessageSender;
  readonly clock: Clock;
  readonly encode?: EncodeOptions;
}

/** Encodes task messages and puts them on their queue; used for new tasks, retries and next steps alike. */
export class Publisher implements TaskPublisher {
  readonly #sender: MessageSender;
  readonly #clock: Clock;
  readonly #encode: EncodeOptions | undefined;

  constructor({ sender, clock, encode }: PublisherDeps) {
    this.#sender = sender;
    this.#clock = clock;
    this.#encode = encode;
  }

  /** @throws (rejects) the transport's typed errors; EncodeError for a value that JSON and Celery's types cannot carry */
  async publish(message: TaskMessage, options: PublishOptions = {}): Promise<void> {
    const queue = message.properties.deliveryInfo.routingKey ?? '';
    const fifo = this.#sender.queue(queue)?.fifo ?? queue.endsWith('.fifo');
    await this.#sender.send(queue, {
      body: encodeMessage(message, this.#encode),
      ...(fifo ? fifoIds(message, options) : this.#standardOptions(message, options)),
      ...(options.messageAttributes && { messageAttributes: options.messageAttributes }),
    });
  }

  /**
   * SQS keeps a task with an `eta` out of sight for as long as it can; the header stays for Python workers, and for what is
   * left of the time.
   */
  #standardOptions(message: TaskMessage, { messageGroupId }: PublishOptions): Partial<QueueMessage> {
    const eta = message.headers.eta === null ? undefined : parseIsoDateTime(message.headers.eta);
    const remaining = eta === undefined ? 0 : Math.ceil((eta - this.#clock.now()) / 1000);
    return {
      ...(remaining > 0 && { delaySeconds: Math.min(remaining, MAX_DELAY_SECONDS) }),
      ...(messageGroupId !== undefined && { messageGroupId: sqsId(messageGroupId) }),
    };
  }
}

function fifoIds(message: TaskMessage, options: PublishOptions): Partial<QueueMessage> {
  const { id, replacedTaskNesting, retries } = message.headers;
  return {
    messageGroupId: sqsId(options.messageGroupId ?? DEFAULT_GROUP),
    messageDeduplicationId: sqsId(options.messageDeduplicationId ?? `${id}:${replacedTaskNesting}:${retries}`),
  };
}

/** SQS takes up to 128 printable ASCII characters; anything else is named by its hash. */
function sqsId(id: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}
