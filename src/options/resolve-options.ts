import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { canonicalQueueName } from '#celery';
import type { LongEta } from '#producer';
import type { ConsumeOptions, QueueOptions as TransportQueue } from '#sqs';
import { brokerClientConfig, parseBrokerUrl } from './broker-url.js';
import { checkedQueues, type DeclaredFeature } from './declared-queues.js';
import type { QueueOptions, ReceiveOptions } from './queue-options.js';
import type { SqsCeleryOptions } from './sqs-celery-options.js';

/** The transport's default, for queues that do not say otherwise. */
export const WAIT_TIME_SECONDS = 20;

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_SHUTDOWN_TIMEOUT_MS = 20_000;

/** One queue as the transport and the poller need it. */
export interface ResolvedQueue extends TransportQueue {
  /** How it is consumed, the application-wide options under its own. */
  readonly receive: ConsumeOptions & { readonly concurrency: number };
  /** Whether it is received from as soon as the application has started. */
  readonly autoStart: boolean;
  /** Share of the worker's slots. */
  readonly weight: number;
  /** What to do with an ETA that Python workers cannot wait for; undefined: whether it is consumed here decides. */
  readonly longEta: LongEta | undefined;
}

/** The options of `forRoot` with names resolved and defaults filled in; only made of options without problems. */
export interface ResolvedOptions extends Omit<SqsCeleryOptions, 'queues' | 'brokerUrl' | 'name'> {
  readonly queues: readonly ResolvedQueue[];
  readonly taskDefaultQueue: string;
  readonly shutdownTimeoutMs: number;
}

/**
 * Fills in the defaults of options that {@link optionProblems} found right.
 *
 * @param features what `forFeature` adds
 */
export function resolveOptions(options: SqsCeleryOptions, features: readonly DeclaredFeature[] = []): ResolvedOptions {
  const { brokerUrl, queues: given, name: _name, ...rest } = options;
  const queues = checkedQueues(given, features).map((queue) => resolveQueue(queue, options));
  const clientConfig = clientConfigOf(brokerUrl, options.clientConfig);
  return {
    ...rest,
    ...(clientConfig && { clientConfig }),
    queues,
    taskDefaultQueue: options.taskDefaultQueue ?? queues[0]?.name ?? '',
    shutdownTimeoutMs: options.shutdownTimeoutMs ?? DEFAULT_SHUTDOWN_TIMEOUT_MS,
  };
}

/** What `clientConfig` says wins over the broker URL. */
function clientConfigOf(
  brokerUrl: string | undefined,
  given: SQSClientConfig | undefined,
): SQSClientConfig | undefined {
  const broker = brokerUrl === undefined ? undefined : parseBrokerUrl(brokerUrl);
  return broker ? { ...brokerClientConfig(broker), ...given } : given;
}

function resolveQueue(queue: QueueOptions, options: SqsCeleryOptions): ResolvedQueue {
  const { name, consume = true, visibilityTimeout, attributes, url, region, client, tags, deadLetter } = queue;
  return {
    ...withoutUndefined({ url, region, client, tags, deadLetter: deadLetter === true ? undefined : deadLetter }),
    ...attributesOf(attributes, visibilityTimeout),
    name,
    sqsName: canonicalQueueName(name, options.queueNamePrefix),
    consume,
    autoStart: queue.autoStart ?? true,
    weight: queue.weight ?? 1,
    longEta: queue.longEta,
    receive: { ...receiveOptions(options), ...receiveOptions(queue), concurrency: concurrencyOf(queue, options) },
  };
}

function attributesOf(attributes: QueueOptions['attributes'], visibilityTimeout: number | undefined) {
  if (visibilityTimeout === undefined) return attributes && { attributes };
  return { attributes: { ...attributes, visibilityTimeout } };
}

function concurrencyOf(queue: ReceiveOptions, options: ReceiveOptions): number {
  return queue.concurrency ?? options.concurrency ?? DEFAULT_CONCURRENCY;
}

function receiveOptions(options: ReceiveOptions) {
  const { prefetch, waitTimeSeconds, lease, ackLingerMs, maxBlockedMs, groupConcurrency } = options;
  return withoutUndefined({ prefetch, waitTimeSeconds, lease, ackLingerMs, maxBlockedMs, groupConcurrency });
}

/** An option given as undefined must not hide a default. */
export function withoutUndefined<Values extends object>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
