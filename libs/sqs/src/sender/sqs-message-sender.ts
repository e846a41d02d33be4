import type { Clock, MessageSender, QueueInfo, QueueMessage } from '#celery/ports';

import { UnknownQueueError } from '../errors/index.js';
import type { ManagedQueue } from '../queue/managed-queue.js';
import { queueUrlOfArn } from '../queue/queue-url.js';
import { QueueSender, type SendTarget } from './queue-sender.js';

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

  send(queueName: string, message: QueueMessage): Promise<void> {
    const queue = this.queues.get(queueName);
    if (!queue) return Promise.reject(this.#unknown(queueName));
    const { info, pooled } = queue;
    const sender = this.#senders.get(info.url) ?? this.#newSender({ ...info, api: pooled.api, clock: this.clock });
    return sender.send(message);
  }

  async sendToArn(arn: string, source: QueueInfo, message: QueueMessage): Promise<void> {
    const queue = this.queues.get(source.name);
    if (!queue) throw this.#unknown(source.name);
    const url = queueUrlOfArn(arn, source.url);
    const target = { name: arn, url, fifo: arn.endsWith('.fifo'), api: queue.pooled.api, clock: this.clock };
    await (this.#senders.get(url) ?? this.#newSender(target)).send(message);
  }

  /** Takes no more, and resolves when everything is sent or has failed. */
  async close(): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.close()));
  }

  /** Gives up what is still pending. */
  abandon(): void {
    for (const sender of this.#senders.values()) sender.abandon();
  }

  #unknown(name: string): UnknownQueueError {
    return new UnknownQueueError(name, [...this.queues.keys()]);
  }

  #newSender(target: SendTarget): QueueSender {
    const sender = new QueueSender(target);
    this.#senders.set(target.url, sender);
    return sender;
  }
}
