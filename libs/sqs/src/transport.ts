import {
  sleep,
  systemClock,
  type Clock,
  type DeliveryHandler,
  type MessageSender,
  type QueueInfo,
} from '#celery/ports';

import { ClientPool } from './client/client-pool.js';
import { UnknownQueueError } from './errors/index.js';
import type { TransportEvents } from './events.js';
import { chooseKeeper } from './lease/choose-keeper.js';
import type { LeaseKeeper } from './lease/lease-keeper.js';
import { receiveLease } from './lease/lease-length.js';
import { MainLoopKeeper } from './lease/main-loop-keeper.js';
import { consumeSettings, type ConsumeOptions, type SqsTransportOptions } from './options.js';
import { findDeadLetterQueue } from './queue/dead-letter-queue.js';
import type { ManagedQueue } from './queue/managed-queue.js';
import { QueueResolver } from './queue/queue-resolver.js';
import type { Consumer } from './receive/consumer.js';
import { QueueConsumer } from './receive/queue-consumer.js';
import { ReceiptSettling } from './settle/receipt-settling.js';
import { SqsMessageSender } from './sender/sqs-message-sender.js';

/** Messages in each state, as SQS estimates them. */
export interface QueueCounts {
  /** Ready to be received. */
  readonly visible: number;
  /** Received and neither deleted nor visible again. */
  readonly inFlight: number;
  /** Not yet visible for the first time. */
  readonly delayed: number;
}

/** Seconds of lease below which a slow request is enough to lose it. */
const shortestSafeLease = 5;
/** Milliseconds {@link SqsTransport.close} waits for messages that are being sent. */
const closeTimeoutMs = 5000;

/** Amazon SQS for the rest of the package: finds or makes the queues, sends to them, and receives from them under leases. */
export class SqsTransport {
  readonly #clock: Clock;
  readonly #events: TransportEvents;
  readonly #pool: ClientPool;
  readonly #queues = new Map<string, ManagedQueue>();
  /** By ARN. They are read only, and so no queues that can be sent to by name. */
  readonly #deadLetterQueues = new Map<string, ManagedQueue>();
  readonly #sender: SqsMessageSender;
  readonly #mainLoop: MainLoopKeeper;
  #keeper: LeaseKeeper | undefined;

  constructor(private readonly options: SqsTransportOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#events = options.events ?? {};
    this.#pool = new ClientPool({
      client: options.client,
      clientConfig: options.clientConfig,
      clock: this.#clock,
      events: this.#events,
    });
    this.#sender = new SqsMessageSender(this.#queues, this.#clock);
    this.#mainLoop = new MainLoopKeeper({
      clock: this.#clock,
      extend: (queue, entries) => this.#extend(queue, entries),
      onExtended: (queue, count) => this.#events.leaseExtended?.({ queue, count }),
    });
  }

  /**
   * Finds or makes every queue and compares configured attributes. A producer whose queues have URLs makes no request.
   * Throws QueuesNotReadyError with every problem of every queue.
   */
  async prepare(): Promise<void> {
    const resolver = new QueueResolver({
      pool: this.#pool,
      createMissingQueues: this.options.createMissingQueues ?? false,
      clock: this.#clock,
      log: this.options.log,
    });
    for (const queue of await resolver.resolve(this.options.queues)) this.#queues.set(queue.info.name, queue);
  }

  get sender(): MessageSender {
    return this.#sender;
  }

  /** The prepared queues. */
  queues(): readonly QueueInfo[] {
    return [...this.#queues.values()].map((queue) => queue.info);
  }

  /**
   * Finds the dead-letter queue that the redrive policy of a prepared queue names: one request, `sqs:GetQueueAttributes`. From then on
   * {@link counts} and {@link consume} know it by its ARN, which is its `name`.
   * @throws (rejects) QueueAccessDeniedError, QueueNotFoundError and others, as at start
   */
  async deadLetterQueue(arn: string): Promise<QueueInfo> {
    const source = [...this.#queues.values()].find(({ info }) => info.redrivePolicy?.deadLetterTargetArn === arn);
    if (!source) throw new UnknownQueueError(arn, [...this.#queues.keys()]);
    const queue = await findDeadLetterQueue(arn, source);
    this.#deadLetterQueues.set(arn, queue);
    return queue.info;
  }

  /** Asks SQS how many messages a queue has: one request, `sqs:GetQueueAttributes`. */
  async counts(queueName: string): Promise<QueueCounts> {
    const { pooled, info } = this.#managed(queueName);
    const found = await pooled.api.queueAttributes(queueName, info.url, [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    ]);
    return {
      visible: Number(found['ApproximateNumberOfMessages'] ?? 0),
      inFlight: Number(found['ApproximateNumberOfMessagesNotVisible'] ?? 0),
      delayed: Number(found['ApproximateNumberOfMessagesDelayed'] ?? 0),
    };
  }

  /** A consumer of a prepared queue; it polls once it is started. */
  consume(queueName: string, options: ConsumeOptions, handle: DeliveryHandler): Consumer {
    const queue = this.#managed(queueName);
    const settings = consumeSettings(queueName, options);
    const seconds = receiveLease(queue, settings.lease);
    if (seconds < shortestSafeLease) {
      this.options.log.warn(
        `Queue "${queueName}": a lease of ${seconds} s leaves little time to extend it; messages may run twice. Use 5 s or more.`,
      );
    }
    return new QueueConsumer({
      queue,
      settings,
      handle,
      sendAgain: (message) => this.#sender.send(queueName, message),
      // Letters are read in passing: their leases need no thread, and are no event.
      ...(this.#deadLetterQueues.has(queueName)
        ? { keeper: this.#mainLoop, events: {} }
        : { keeper: this.#keeperOf(), events: this.#events }),
      clock: this.#clock,
      log: this.options.log,
    });
  }

  /** Settles messages of a prepared queue that somebody else has received: an event source of AWS Lambda. */
  settling(queueName: string): ReceiptSettling {
    return new ReceiptSettling(this.#managed(queueName), this.#clock);
  }

  /** Sends what is still to be sent (for at most five seconds), keeps no leases any more, and closes the clients made here. */
  async close(): Promise<void> {
    const sent = new AbortController();
    const sending = this.#sender.close().then(() => sent.abort());
    await Promise.race([sending, sleep(this.#clock, closeTimeoutMs, sent.signal)]);
    this.#sender.abandon();
    this.#keeper?.close();
    this.#mainLoop.close();
    this.#pool.destroy();
  }

  #extend(
    queueName: string,
    entries: readonly { receiptHandle: string; seconds: number }[],
  ): ReturnType<ManagedQueue['pooled']['api']['changeVisibilityBatch']> {
    const { pooled, info } = this.#managed(queueName);
    return pooled.api.changeVisibilityBatch(queueName, {
      QueueUrl: info.url,
      Entries: entries.map((entry, i) => ({
        Id: String(i),
        ReceiptHandle: entry.receiptHandle,
        VisibilityTimeout: entry.seconds,
      })),
    });
  }

  /** Made for the first consumer, so that a producer has no thread. */
  #keeperOf(): LeaseKeeper {
    this.#keeper ??= chooseKeeper({
      queues: [...this.#queues.values()],
      mainLoop: this.#mainLoop,
      clock: this.#clock,
      log: this.options.log,
      events: this.#events,
      entry: this.options.leaseThread,
    });
    return this.#keeper;
  }

  #managed(name: string): ManagedQueue {
    const queue = this.#queues.get(name) ?? this.#deadLetterQueues.get(name);
    if (!queue) throw new UnknownQueueError(name, [...this.#queues.keys()]);
    return queue;
  }
}
