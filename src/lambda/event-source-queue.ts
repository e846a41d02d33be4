import { mayGoBack, type DeliveryHandler, type Log, type MessageSender, type QueueInfo } from '#celery';
import type { Receipt, ReceiptSettling } from '#sqs';
import type { LambdaDelivery } from './lambda-delivery.js';

interface EventSourceQueueParts {
  readonly queue: QueueInfo;
  /** Messages of one invocation that run at the same time. */
  readonly concurrency: number;
  readonly handle: DeliveryHandler;
  readonly settling: Pick<ReceiptSettling, 'delete' | 'release'>;
  readonly sender: Pick<MessageSender, 'send'>;
  readonly log: Log;
}

/** A queue that is an event source of the function, and what is done with its messages. */
export class EventSourceQueue {
  readonly queue: QueueInfo;
  readonly concurrency: number;
  readonly handle: DeliveryHandler;
  readonly #parts: EventSourceQueueParts;
  #denied = false;

  constructor(parts: EventSourceQueueParts) {
    this.queue = parts.queue;
    this.concurrency = parts.concurrency;
    this.handle = parts.handle;
    this.#parts = parts;
  }

  /** Milliseconds for which SQS hides a received message, where that is known. */
  get hiddenMs(): number {
    return (this.queue.visibilityTimeout ?? Infinity) * 1000;
  }

  /** @throws (rejects) AcknowledgeFailedError */
  delete(receipt: Receipt): Promise<void> {
    return this.#parts.settling.delete(receipt);
  }

  /**
   * Without the permission, the message comes back all the same, when the queue's visibility timeout ends.
   * @throws (rejects) ReleaseFailedError
   */
  async release(receipt: Receipt, delaySeconds: number): Promise<void> {
    const answer = await this.#parts.settling.release(receipt, delaySeconds);
    if (answer === 'denied') this.#tellDenied();
  }

  /**
   * Hands back messages that were not begun, in the order of their records. Where the receive that this costs may not be spent, a
   * message of a standard queue is sent again, and is done with. Never rejects: what cannot be handed
   * back comes back when the visibility timeout ends.
   */
  async handBack(deliveries: readonly LambdaDelivery[]): Promise<void> {
    // Backwards: the first of a group, and with it the group, comes free last.
    await Promise.all(deliveries.toReversed().map((delivery) => this.#handBackOne(delivery)));
  }

  async #handBackOne(delivery: LambdaDelivery): Promise<void> {
    try {
      if (this.queue.fifo || mayGoBack(delivery)) await this.release(delivery.receipt, 0);
      else await this.#sendAgain(delivery);
    } catch (error) {
      this.#parts.log.warn(`Message ${delivery.messageId} of queue ${this.queue.name}: ${String(error)}`);
    }
  }

  async #sendAgain(delivery: LambdaDelivery): Promise<void> {
    const { body, messageAttributes, messageGroupId } = delivery;
    await this.#parts.sender.send(this.queue.name, {
      body,
      messageAttributes,
      ...(messageGroupId !== undefined && { messageGroupId }),
    });
    delivery.done();
  }

  #tellDenied(): void {
    if (this.#denied) return;
    this.#denied = true;
    this.#parts.log.warn(
      `Queue ${this.queue.name}: sqs:ChangeMessageVisibility was denied. Retries in place, tasks with an ETA and messages that are ` +
        "handed back come back only when the queue's visibility timeout ends. Allow it in the function's role.",
    );
  }
}
