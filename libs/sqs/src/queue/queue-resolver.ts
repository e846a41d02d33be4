import { sleep, type Clock, type Log } from '#celery/ports';

import { backoffMs } from '../backoff.js';
import { awsFailure } from '../client/aws-failure.js';
import type { ClientPool, PooledApi } from '../client/client-pool.js';
import {
  QueueAccessDeniedError,
  QueueAttributesInvalidError,
  QueueAttributesMismatchError,
  QueueNotFoundError,
  QueueRequestError,
  QueuesNotReadyError,
  SqsTransportError,
} from '../errors/index.js';
import type { SqsAction } from '../events.js';
import type { QueueOptions } from '../options.js';
import { isFifo, type ManagedQueue } from './managed-queue.js';
import { differingAttributes, invalidAttributes, parseRedrivePolicy } from './queue-attributes.js';
import { QueueCreator } from './queue-creator.js';
import { queueFailure } from './queue-failure.js';

interface QueueResolverOptions {
  readonly pool: ClientPool;
  readonly createMissingQueues: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

type FoundAttributes = Partial<Record<string, string>>;

/** Attempts at each request at start: a network that is just coming up must not stop the application. */
const startAttempts = 4;

/** Finds or makes the queues. */
export class QueueResolver {
  readonly #creator: QueueCreator;

  constructor(private readonly options: QueueResolverOptions) {
    this.#creator = new QueueCreator({
      clock: options.clock,
      log: options.log,
      attempt: (action, queue, request) => this.#attempt(action, queue, request),
    });
  }

  /** Resolves all queues. Throws {@link QueuesNotReadyError} with every problem of every queue. */
  async resolve(queues: readonly QueueOptions[]): Promise<ManagedQueue[]> {
    this.#refuseInvalid(queues);
    const outcomes = await Promise.allSettled(queues.map((queue) => this.#resolveOne(queue)));
    const problems = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [asProblem(outcome.reason)] : []));
    if (problems.length > 0) throw new QueuesNotReadyError(distinct(problems));
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  }

  /** Before any request, so that a typo in one queue's attributes leaves no other queue half made. */
  #refuseInvalid(queues: readonly QueueOptions[]): void {
    const problems = queues.flatMap((queue) => {
      const dlq = queue.deadLetter ? (queue.deadLetter.attributes ?? {}) : {};
      const lines = [
        ...invalidAttributes(queue.attributes ?? {}, isFifo(queue)),
        ...invalidAttributes(dlq, isFifo(queue)).map((line) => `deadLetter: ${line}`),
      ];
      return lines.length > 0 ? [new QueueAttributesInvalidError(queue.name, lines)] : [];
    });
    if (problems.length > 0) throw new QueuesNotReadyError(problems);
  }

  async #resolveOne(queue: QueueOptions): Promise<ManagedQueue> {
    const pooled = this.#client(queue);
    const url = queue.url ?? (await this.#lookUp(queue, pooled));
    if (url === undefined) return this.#created(queue, pooled);
    return this.#existing(queue, pooled, url);
  }

  #client(queue: QueueOptions): PooledApi {
    try {
      return this.options.pool.forQueue(queue);
    } catch (error) {
      throw new QueueRequestError(
        queue.name,
        'the client',
        awsFailure(error).code,
        `${awsFailure(error).message}. Check its URL and client configuration.`,
        { cause: error },
      );
    }
  }

  /** The URL, or undefined when the queue may be created. */
  async #lookUp(queue: QueueOptions, pooled: PooledApi): Promise<string | undefined> {
    try {
      return await this.#attempt('GetQueueUrl', queue, () => pooled.api.queueUrl(queue.name, queue.sqsName));
    } catch (error) {
      const missing = error instanceof QueueNotFoundError;
      if (missing && this.options.createMissingQueues) return undefined;
      throw error;
    }
  }

  async #created(queue: QueueOptions, pooled: PooledApi): Promise<ManagedQueue> {
    const { url, created } = await this.#creator.create(queue, pooled.api);
    if (!created) return this.#existing(queue, pooled, url);
    // SQS asks for a second between creating a queue and using it.
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#existing({ ...queue, attributes: {} }, pooled, url);
      } catch (error) {
        if (!(error instanceof QueueNotFoundError) || attempt >= startAttempts) throw error;
        await sleep(this.options.clock, 1000);
      }
    }
  }

  async #existing(queue: QueueOptions, pooled: PooledApi, url: string): Promise<ManagedQueue> {
    const found = this.#mustRead(queue) ? await this.#readAttributes(queue, pooled, url) : undefined;
    const differences = found ? differingAttributes(queue.attributes ?? {}, found) : [];
    if (differences.length > 0) throw new QueueAttributesMismatchError(queue.name, differences);
    return { options: queue, pooled, attributesKnown: found !== undefined, info: queueInfo(queue, url, found) };
  }

  /** A producer with a URL makes no request at start. */
  #mustRead(queue: QueueOptions): boolean {
    return queue.consume || (queue.attributes !== undefined && queue.url === undefined);
  }

  async #readAttributes(queue: QueueOptions, pooled: PooledApi, url: string): Promise<FoundAttributes | undefined> {
    try {
      return await this.#attempt('GetQueueAttributes', queue, () =>
        pooled.api.queueAttributes(queue.name, url, ['All']),
      );
    } catch (error) {
      if (!(error instanceof QueueAccessDeniedError)) throw error;
      this.#warnUnknown(queue);
      return undefined;
    }
  }

  #warnUnknown(queue: QueueOptions): void {
    this.options.log.warn(
      `Queue "${queue.name}": sqs:GetQueueAttributes was denied. Unknown now: its visibility timeout (leases of 30 s are used), ` +
        'its redrive policy and dead-letter queue (a message may be moved there without notice, and poison messages cannot be), ' +
        'its retention, its maximum message size (1 MiB is assumed), and whether configured attributes hold.',
    );
  }

  /** Repeats what may pass, then says what happened. */
  async #attempt<Result>(action: SqsAction, queue: QueueOptions, request: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await request();
      } catch (error) {
        const { code, transient } = awsFailure(error);
        const useless = !transient || code === 'CredentialsProviderError' || /region is missing/i.test(String(error));
        if (useless || attempt >= startAttempts) throw queueFailure(error, action, queue);
        await sleep(this.options.clock, backoffMs(attempt, { baseMs: 500, maxMs: 4000 }));
      }
    }
  }
}

function queueInfo(queue: QueueOptions, url: string, found: FoundAttributes | undefined): ManagedQueue['info'] {
  const redrivePolicy = parseRedrivePolicy(found?.['RedrivePolicy']);
  return {
    name: queue.name,
    url,
    fifo: isFifo({ sqsName: queue.sqsName, url }),
    ...numeric('visibilityTimeout', found?.['VisibilityTimeout'] ?? told(queue)),
    ...numeric('messageRetentionPeriod', found?.['MessageRetentionPeriod']),
    ...numeric('maximumMessageSize', found?.['MaximumMessageSize']),
    ...(redrivePolicy ? { redrivePolicy } : {}),
  };
}

/** What the queue of a producer is said to have. Not where it is consumed: there what was not read decides. */
function told({ consume, attributes }: QueueOptions): string | undefined {
  return consume || attributes?.visibilityTimeout === undefined ? undefined : String(attributes.visibilityTimeout);
}

function numeric<Key extends string>(key: Key, text: string | undefined): Partial<Record<Key, number>> {
  const value: Partial<Record<Key, number>> = {};
  if (text !== undefined) value[key] = Number(text);
  return value;
}

function asProblem(reason: unknown): SqsTransportError {
  if (reason instanceof SqsTransportError) return reason;
  return new SqsTransportError('SQS_CELERY_UNEXPECTED', String(reason), { cause: reason });
}

/** Missing credentials are one problem, however many queues there are. */
function distinct(problems: readonly SqsTransportError[]): SqsTransportError[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}
