import type { SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';
import type { JsonTypes } from '#celery';
import type { PoisonPolicy, TaskOptions, UnknownTaskPolicy } from '#worker';
import type { QueueOptions, ReceiveOptions } from './queue-options.js';

/** Options of `SqsCeleryModule.forRoot`: Celery's settings where Celery has them, in camelCase and in Celery's units. */
export interface SqsCeleryOptions extends ReceiveOptions {
  /** The queues this application runs tasks from or sends tasks to. Default: `['celery']`. */
  readonly queues?: readonly (string | QueueOptions)[];
  /** Queue of tasks that name none (Celery's `task_default_queue`). Default: the first of `queues`. */
  readonly taskDefaultQueue?: string;
  /** Put before every queue name on SQS, not before the names in messages (Celery's `queue_name_prefix`). Default: none. */
  readonly queueNamePrefix?: string;
  /** Celery's `broker_url`: `sqs://`, `sqs://key:secret@` or `sqs://key:secret@host:port`, key and secret URL-quoted. */
  readonly brokerUrl?: string;
  /** The client to use; it stays yours and is never closed. Default: one made from `clientConfig`. */
  readonly client?: SQSClient;
  /**
   * Configuration of the AWS SDK's client: `region`, `endpoint`, `credentials`, … Default: what the SDK finds by itself
   * (`AWS_REGION`, `AWS_ENDPOINT_URL_SQS`, its chain of credentials).
   */
  readonly clientConfig?: SQSClientConfig;
  /** Whether a missing queue is created, with a dead-letter queue. Default: false, as a typo must not make a queue. */
  readonly createMissingQueues?: boolean;
  /** Options of every task that does not say otherwise. */
  readonly taskDefaults?: TaskOptions;
  /** Whether this application runs tasks; false makes it a pure producer. Default: true where it has `@Task` methods. */
  readonly worker?: boolean;
  /**
   * Milliseconds that running tasks get to end when the application closes; then their `AbortSignal` is aborted and their
   * messages go back. Keep it below the grace period of what stops the process (30 s in Kubernetes and ECS). Default: 20 000.
   */
  readonly shutdownTimeoutMs?: number;
  /** Receives after which a message is given up where its queue has no redrive policy. Default: 10. */
  readonly maxDeliveries?: number;
  /**
   * What to do with tasks no method is decorated for: hand them back for another worker, or move them to the dead-letter
   * queue, or fail them. Default: `handBack`.
   */
  readonly unknownTask?: UnknownTaskPolicy;
  /**
   * What to do with what nobody can run on a FIFO queue without dead-letter queue: block its group, or delete it. Must be chosen
   * where such a queue is consumed.
   */
  readonly poison?: PoisonPolicy;
  /** MIME types of accepted messages (Celery's `accept_content`). Default: `['application/json']`. */
  readonly acceptContent?: readonly string[];
  /**
   * How messages are written; all forms are read. `base64` is Celery's default, `raw` its `sqs_base64_encoding: False`,
   * `compact` the smallest form that Celery reads. Default: `base64`.
   */
  readonly envelope?: 'base64' | 'raw' | 'compact';
  /**
   * Compression of sent messages (Celery's `task_compression`): `gzip`, `zlib`, `brotli`, `zstd`, `lzma`. `zstd` (before Node
   * 22.15) and `lzma` come from optional packages. Whatever is installed can be read, bzip2 too. Default: none.
   */
  readonly compression?: string;
  /** Own types in JSON, as kombu's `register_type`. Default: none. */
  readonly jsonTypes?: JsonTypes;
  /** Longest representation of arguments in a message's headers; 0 leaves them out. Default: 1024. */
  readonly argsreprMaxsize?: number;
  /** Longest representation of a result in the log; 0 leaves results out. Default: 1024. */
  readonly resultreprMaxsize?: number;
}

/** Makes the options in `forRootAsync({ useClass })` and `forRootAsync({ useExisting })`. */
export interface SqsCeleryOptionsFactory {
  createSqsCeleryOptions(): SqsCeleryOptions | Promise<SqsCeleryOptions>;
}
