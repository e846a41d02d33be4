import type { SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';
import type { LongEta } from '#producer';
import type { DeadLetterOptions, QueueAttributes } from '#sqs';

/** How messages of a queue are received; given for one queue, or for all of them at the top of the options. */
export interface ReceiveOptions {
  /** Tasks of the queue that run at the same time in this process. Default: 10. */
  readonly concurrency?: number;
  /**
   * Tasks of one message group of a standard queue (a fair queue, see `groupId`) that run at the same time in this process; messages
   * of other groups pass those that wait. Default: no limit.
   */
  readonly groupConcurrency?: number;
  /** Messages received ahead of a free slot: cheaper receives, but kept from other workers. Default: 0. */
  readonly prefetch?: number;
  /** Seconds a poll waits for a message, 0–20 (Celery's `wait_time_seconds`). Default: 20. */
  readonly waitTimeSeconds?: number;
  /**
   * Seconds for which a received message is ours before the lease must be extended, which happens by itself; a killed
   * worker's messages are back after it. Default: 30, or the queue's visibility timeout where its redrive policy allows fewer
   * than 10 receives.
   */
  readonly lease?: number;
  /** Milliseconds a delete may wait for others while tasks are running; it never waits when idle. Default: 50. */
  readonly ackLingerMs?: number;
  /** Milliseconds the event loop may be blocked by a handler before leases are given up. Default: 600 000. */
  readonly maxBlockedMs?: number;
}

/** One queue; its name alone does where nothing else is to be said. */
export interface QueueOptions extends ReceiveOptions {
  /** Celery's name of the queue, without prefix. A name ending with `.fifo` is a FIFO queue. */
  readonly name: string;
  /** The queue's URL: the queue is predefined, and a producer makes no request at start (Celery's `predefined_queues`). */
  readonly url?: string;
  /** The queue's region. Default: the one in its URL, then the client's. */
  readonly region?: string;
  /** A client, or the configuration of one, for this queue alone. A client stays yours: it is never closed. */
  readonly client?: SQSClient | SQSClientConfig;
  /**
   * The queue's share of `workerConcurrency` when there is more to do than slots (whole numbers from 1; what they mean says
   * `queuePriority`). Default: 1.
   */
  readonly weight?: number;
  /**
   * What to do when a task is sent whose ETA is further ahead than the queue's visibility timeout (and SQS's 15 minutes of
   * `DelaySeconds`): a Python worker would run it again and again; Nest workers run it once. Default: `warn` where this
   * application only sends to the queue, `allow` where it consumes it.
   */
  readonly longEta?: LongEta;
  /** Whether this application runs tasks from the queue; false: it only sends to it. Default: true. */
  readonly consume?: boolean;
  /**
   * Whether the queue is received from as soon as the application has started; false: once `WorkerControl.start(queue)` is called.
   * Default: true.
   */
  readonly autoStart?: boolean;
  /**
   * The queue's own visibility timeout in seconds (Celery's `visibility_timeout`): used to create it, compared when it exists.
   * What this worker holds a message for is `lease`.
   */
  readonly visibilityTimeout?: number;
  /** The queue's attributes: used to create it, compared when it exists. */
  readonly attributes?: QueueAttributes;
  /** Tags of a created queue (Celery's `queue_tags`). */
  readonly tags?: Readonly<Record<string, string>>;
  /** The dead-letter queue that is created together with the queue; false: none. Default: one, for 10 receives. */
  readonly deadLetter?: DeadLetterOptions | boolean;
}
