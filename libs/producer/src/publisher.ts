import { createHash } from 'node:crypto';
import {
  InvalidTaskError,
  MAX_DELAY_SECONDS,
  MAX_VISIBILITY_SECONDS,
  encodeMessage,
  parseIsoDateTime,
  type Clock,
  type EncodeOptions,
  type MessageSender,
  type PublishOptions,
  type QueueInfo,
  type QueueMessage,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';
import type { EtaCheck } from './eta-check.js';
import { beforePublish, published, type PublishListeners } from './publish-listeners.js';

/** kombu's group for messages of a FIFO queue that name none. */
const DEFAULT_GROUP = 'default';

export interface PublisherDeps {
  readonly sender: MessageSender;
  readonly clock: Clock;
  readonly encode?: EncodeOptions;
  /** Looks at ETAs that Python workers cannot wait for. Default: nobody does. */
  readonly etaCheck?: EtaCheck;
  /** Told of each task before it is sent and after. Default: nobody is. */
  readonly listeners?: PublishListeners;
}

/** Encodes task messages and puts them on their queue; used for new tasks, retries and next steps alike. */
export class Publisher implements TaskPublisher {
  readonly #sender: MessageSender;
  readonly #clock: Clock;
  readonly #encode: EncodeOptions | undefined;
  readonly #etaCheck: EtaCheck | undefined;
  readonly #listeners: PublishListeners | undefined;

  constructor({ sender, clock, encode, etaCheck, listeners }: PublisherDeps) {
    this.#sender = sender;
    this.#clock = clock;
    this.#encode = encode;
    this.#etaCheck = etaCheck;
    this.#listeners = listeners;
  }

  /**
   * @throws (rejects) the transport's typed errors; EncodeError for a value that JSON and Celery's types cannot carry; what a
   * listener of `beforeTaskPublish` throws
   */
  async publish(given: TaskMessage, options: PublishOptions = {}): Promise<void> {
    const listeners = this.#listeners;
    // Most applications have none.
    const message = listeners?.has('beforeTaskPublish') ? await beforePublish(given, listeners) : given;
    await this.#send(message, options);
    if (listeners?.has('afterTaskPublish')) listeners.tell('afterTaskPublish', published(message));
  }

  #send(message: TaskMessage, options: PublishOptions): Promise<void> {
    const queue = message.properties.deliveryInfo.routingKey ?? '';
    const info = this.#sender.queue(queue);
    const fifo = info?.fifo ?? queue.endsWith('.fifo');
    if (info && message.headers.eta !== null) this.#checkEta(message, info);
    return this.#sender.send(queue, {
      body: encodeMessage(message, this.#encode),
      ...(fifo ? fifoIds(message, options) : this.#standardOptions(message, options)),
      ...(options.messageAttributes && { messageAttributes: options.messageAttributes }),
    });
  }

  #checkEta(message: TaskMessage, queue: QueueInfo): void {
    const remaining = this.#remainingSeconds(message);
    if (queue.fifo) checkFifoEta(message, remaining, queue);
    else this.#etaCheck?.check(message, remaining, queue);
  }

  #remainingSeconds({ headers }: TaskMessage): number {
    const eta = headers.eta === null ? undefined : parseIsoDateTime(headers.eta);
    return eta === undefined ? 0 : Math.ceil((eta - this.#clock.now()) / 1000);
  }

  /**
   * SQS keeps a task with an `eta` out of sight for as long as it can; the header stays for Python workers, and for what is
   * left of the time.
   */
  #standardOptions(message: TaskMessage, { messageGroupId }: PublishOptions): Partial<QueueMessage> {
    const remaining = this.#remainingSeconds(message);
    return {
      ...(remaining > 0 && { delaySeconds: Math.min(remaining, MAX_DELAY_SECONDS) }),
      ...(messageGroupId !== undefined && { messageGroupId: sqsId(messageGroupId) }),
    };
  }
}

/**
 * A FIFO message waits in its place for its ETA, received once for each visibility timeout that SQS allows: beyond the queue's
 * retention, or its receives, it would be gone before.
 * @throws InvalidTaskError, as far as the queue's attributes are known
 */
function checkFifoEta({ headers }: TaskMessage, remaining: number, { name, ...queue }: QueueInfo): void {
  const { messageRetentionPeriod = Infinity, redrivePolicy: { maxReceiveCount } = { maxReceiveCount: Infinity } } =
    queue;
  const receives = remaining <= 0 ? 1 : 1 + Math.ceil(remaining / MAX_VISIBILITY_SECONDS);
  if (remaining < messageRetentionPeriod && (remaining <= WAITED_FOR_SECONDS || receives <= maxReceiveCount)) return;
  const limit =
    remaining < messageRetentionPeriod
      ? `would need ${receives} receives, and its redrive policy allows ${maxReceiveCount}`
      : `keeps messages for ${messageRetentionPeriod} s`;
  throw new InvalidTaskError(
    `Task ${headers.task}[${headers.id}] is due in ${remaining} s, but FIFO queue ${name} ${limit}: choose an earlier time, or a standard queue`,
  );
}

/** A worker waits this long for an ETA without another receive. */
const WAITED_FOR_SECONDS = 2;

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
