import type { Clock, MessageSender, QueueInfo, QueueMessage } from '#celery/ports';

import { UnknownQueueError } from '../errors/index.js';
import type { ManagedQueue } from '../queue/managed-queue.js';
import { queueUrlOfArn } from '../queue/queue-url.js';
import { QueueSender } from './queue-sender.js';

/** The {@link MessageSender} of the transport: one {@link QueueSender} for each queue in use. */
export class SqsMessageSender implements MessageSender {
  readonly #senders = new Map<string, QueueSender>();

  constructor(
    private readonly queues: ReadonlyMap<string, ManagedQueue>,
    private readonly clock: Clock,
  ) {}

  queue(name: string): QueueInfo | undefined {
    return this.queues.get(name)?.info;
  }

  async send(queueName: string, message: QueueMessage): Promise<void> {
    const { info, pooled } = this.#managed(queueName);
    await this.#sender(info.url, () => ({ ...info, api: pooled.api, clock: this.clock })).send(message);
  }

  async sendToArn(arn: string, source: QueueInfo, message: QueueMessage): Promise<void> {
    const { pooled } = this.#managed(source.name);
    const url = queueUrlOfArn(arn, source.url);
    const target = { name: arn, url, fifo: arn.endsWith('.fifo'), api: pooled.api, clock: this.clock };
    await this.#sender(url, () => target).send(message);
  }

  /** Takes no more, and resolves when everything is sent or has failed. */
  async close(): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.close()));
  }

  /** Gives up what is still pending. */
  abandon(): void {
    for (const sender of this.#senders.values()) sender.abandon();
  }

  #managed(name: string): ManagedQueue {
    const queue = this.queues.get(name);
    if (!queue) throw new UnknownQueueError(name, [...this.queues.keys()]);
    return queue;
  }

  #sender(url: string, target: () => ConstructorParameters<typeof QueueSender>[0]): QueueSender {
    const sender = this.#senders.get(url) ?? new QueueSender(target());
    this.#senders.set(url, sender);
    return sender;
  }
}
