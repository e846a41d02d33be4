import type { SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';
import type { IdempotencyStore, JsonTypes, ResultStore, RevocationStore, TaskRoutes } from '#celery';
import type {
  AdmissionHook,
  BackoffOptions,
  DeadLetterHook,
  PoisonPolicy,
  TaskOptions,
  UnknownTaskPolicy,
} from '#worker';
import type { AroundTask } from '../tasks/around-task.js';
import type { PrioritySteps } from './priority-queues.js';
import type { ThreadsOptions } from '../threads/threads-options.js';
import type { QueueOptions, ReceiveOptions } from './queue-options.js';

/** Options of `SqsCeleryModule.forRoot`: Celery's settings where Celery has them, in camelCase and in Celery's units. */
export interface SqsCeleryOptions extends ReceiveOptions, BackoffOptions {
  /**
   * Names the connection where there are several, one `forRoot` for each: `@InjectTaskProducer('eu')`,
   * `@Task('ship', { connection: 'eu' })`. With `forRootAsync` it stands beside `useFactory`. Default: `default`, the connection of
   * everything that names none.
   */
  readonly name?: string;
  /** The queues this application runs tasks from or sends tasks to. Default: `['celery']`. */
  readonly queues?: readonly (string | QueueOptions)[];
  /** Queue of tasks that name none (Celery's `task_default_queue`). Default: the first of `queues`. */
  readonly taskDefaultQueue?: string;
  /**
   * Which tasks go to which queue where neither the call nor the task's own options say it (Celery's `task_routes`): an object or a list
   * of pairs, by name, pattern with `*`, or (in pairs) regular expression from the start of the name; a function of the call; or a list
   * of these, of which the first that has a route decides. A route is the name of a queue, or `{ queue, priority }`. Default: none.
   */
  readonly taskRoutes?: TaskRoutes;
  /** Put before every queue name on SQS, not before the names in messages (Celery's `queue_name_prefix`). Default: none. */
  readonly queueNamePrefix?: string;
  /** Celery's `broker_url`: `sqs://`, `sqs://key:secret@` or `sqs://key:secret@host:port`, key and secret URL-quoted. */
  readonly brokerUrl?: string;
  /** The client to use; it stays yours and is never closed. Default: one made from `clientConfig`. */
  readonly client?: SQSClient;
  /**
   * Configuration of the AWS SDK's client: `region`, `endpoint`, `credentials`, … Default: what the SDK finds by itself
   * (`AWS_REGION`, `AWS_ENDPOINT_URL_SQS`, its chain of credentials).
   * Each request is tried once, as the loops that make them repeat what failed; `maxAttempts`, `retryMode` or `retryStrategy` bring
   * the SDK's own retries back.
   */
  readonly clientConfig?: SQSClientConfig;
  /** Whether a missing queue is created, with a dead-letter queue. Default: false, as a typo must not make a queue. */
  readonly createMissingQueues?: boolean;
  /** Options of every task that does not say otherwise. */
  readonly taskDefaults?: TaskOptions;
  /** Whether this application runs tasks; false makes it a pure producer. Default: true where it has `@Task` methods. */
  readonly worker?: boolean;
  /**
   * Tasks that run at the same time in this process, over all queues (Celery's `worker_concurrency`). Each queue may hold one
   * message more that waits for its turn. Default: what the queues' `concurrency` comes to.
   */
  readonly workerConcurrency?: number;
  /**
   * Which queue is served when `workerConcurrency` is used up: `weighted` gives each its share by `weight`, `strict` prefers the
   * highest weight, and lets a lower queue pass at least once in sixteen times. Default: `weighted`.
   */
  readonly queuePriority?: 'weighted' | 'strict';
  /**
   * Queues for messages of a priority, by queue and least priority: `{ celery: { 0: 'celery-low', 6: 'celery-high' } }`. SQS
   * knows no priorities; a message without one stays on its queue. Default: none.
   */
  readonly priorityQueues?: Readonly<Record<string, PrioritySteps>>;
  /**
   * Asked before each task starts, for circuit breakers and limits of third parties: true lets it start, false or a number of
   * seconds asks again later; meanwhile it takes no slot. Default: none.
   */
  readonly admission?: AdmissionHook;
  /**
   * Runs around each task: around its guards, interceptors, pipes, handler and exception filters. For what lives in an
   * `AsyncLocalStorage`: `(task, next) => cls.run(next)`. It must call `next` and wait for it. How the task ends is what `next`
   * says; only what `around` throws before the task, or after its success, fails it. Default: none.
   */
  readonly around?: AroundTask;
  /** The threads in which tasks with `pool: 'threads'` run. Needs the package `piscina`. Default: none. */
  readonly threads?: ThreadsOptions;
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
  /** Told of each message that this worker has moved to a dead-letter queue, or given up. An error it throws is logged. */
  readonly onDeadLetter?: DeadLetterHook;
  /**
   * Whether the dead-letter queues of the consumed queues are read for tasks whose workers died with them: each fails with
   * `WorkerLostError` in the result backend, its errbacks are called, and the message stays where it is. Needs `resultBackend`.
   * Default: false.
   */
  readonly deadLetterResults?: boolean;
  /**
   * Where results are kept: Celery's `result_backend` as its URL (`redis://…`, `rediss://…`, `s3://…`, `cache+memory://`), or a store of
   * yours, which stays yours and is never closed. Default: nowhere.
   */
  readonly resultBackend?: string | ResultStore;
  /** Seconds until a result is removed (Celery's `result_expires`); 0 or null: never. Only with a URL. Default: one day. */
  readonly resultExpires?: number | null;
  /** Whether results are stored with the task's name, arguments and worker (Celery's `result_extended`). Default: false. */
  readonly resultExtended?: boolean;
  /**
   * Remembers the attempts that have run, so that a copy of a message does not run its task again: a URL as that of
   * `resultBackend`, or a store. Default: none, tasks have to be idempotent.
   */
  readonly idempotency?: string | IdempotencyStore;
  /** Remembers revoked tasks for {@link TaskProducer.revoke}: a URL, or a store. Default: none, tasks cannot be revoked. */
  readonly revocations?: string | RevocationStore;
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
