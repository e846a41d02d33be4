import { sleep, type Clock, type Log, type RedrivePolicy } from '#celery/ports';

import type { SqsApi } from '../client/sqs-api.js';
import { QueueNotFoundError, QueueRequestError } from '../errors/index.js';
import type { SqsAction } from '../events.js';
import type { DeadLetterOptions, QueueOptions } from '../options.js';
import { amplyReceivable, isFifo } from './managed-queue.js';
import { toSqsAttributes, type QueueAttributes } from './queue-attributes.js';

interface QueueCreatorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Repeats what may pass and turns the rest into typed errors. */
  attempt<Result>(action: SqsAction, queue: QueueOptions, request: () => Promise<Result>): Promise<Result>;
}

/** A queue that exists now, and whether this process made it. */
export interface CreatedQueue {
  readonly url: string;
  readonly created: boolean;
}

/** SQS refuses a name for 60 seconds after its queue was deleted. */
const deletedRecentlyMs = 65_000;
const deletedRecentlyStepMs = 5000;
const longestRetention = 1_209_600;

/** Makes missing queues, each with its dead-letter queue. */
export class QueueCreator {
  constructor(private readonly options: QueueCreatorOptions) {}

  /** Makes the queue; `created` is false when another process made it meanwhile, with other attributes. */
  async create(queue: QueueOptions, api: SqsApi): Promise<CreatedQueue> {
    const redrivePolicy = await this.#redrivePolicy(queue, api);
    const attributes = { ...queue.attributes, ...(redrivePolicy ? { redrivePolicy } : {}) };
    const made = await this.#createOne(queue, queue.sqsName, attributes, api);
    const deadLetter = redrivePolicy ? ` with dead-letter queue ${redrivePolicy.deadLetterTargetArn}` : '';
    if (made.created) this.options.log.log(`Created queue "${queue.name}" (${made.url})${deadLetter}`);
    return made;
  }

  async #redrivePolicy(queue: QueueOptions, api: SqsApi): Promise<RedrivePolicy | undefined> {
    if (queue.attributes?.redrivePolicy || queue.deadLetter === false) return undefined;
    const deadLetter = queue.deadLetter ?? {};
    const url = await this.#deadLetterUrl(queue, deadLetter, api);
    const found = await this.options.attempt('GetQueueAttributes', queue, () =>
      api.queueAttributes(queue.name, url, ['QueueArn']),
    );
    const deadLetterTargetArn = found['QueueArn'];
    if (deadLetterTargetArn === undefined) {
      throw new QueueRequestError(
        queue.name,
        'GetQueueAttributes',
        'NoQueueArn',
        'its dead-letter queue has no QueueArn.',
      );
    }
    return { deadLetterTargetArn, maxReceiveCount: deadLetter.maxReceiveCount ?? amplyReceivable };
  }

  async #deadLetterUrl(queue: QueueOptions, deadLetter: DeadLetterOptions, api: SqsApi): Promise<string> {
    const name = deadLetter.name ?? deadLetterName(queue.sqsName);
    const existing = await this.#find(queue, name, api);
    if (existing !== undefined) return existing;
    const attributes = { messageRetentionPeriod: longestRetention, ...deadLetter.attributes };
    return (await this.#createOne(queue, name, attributes, api)).url;
  }

  async #find(queue: QueueOptions, sqsName: string, api: SqsApi): Promise<string | undefined> {
    try {
      return await this.options.attempt('GetQueueUrl', queue, () => api.queueUrl(queue.name, sqsName));
    } catch (error) {
      if (error instanceof QueueNotFoundError) return undefined;
      throw error;
    }
  }

  async #createOne(
    queue: QueueOptions,
    sqsName: string,
    attributes: QueueAttributes,
    api: SqsApi,
  ): Promise<CreatedQueue> {
    const input = {
      QueueName: sqsName,
      Attributes: { ...(isFifo({ sqsName }) ? { FifoQueue: 'true' } : {}), ...toSqsAttributes(attributes) },
      ...(queue.tags ? { tags: { ...queue.tags } } : {}),
    };
    const deadline = this.options.clock.monotonic() + deletedRecentlyMs;
    for (;;) {
      try {
        const url = await this.options.attempt('CreateQueue', queue, () => api.createQueue(queue.name, input));
        return { url, created: true };
      } catch (error) {
        const existing = awsCode(error) === 'QueueNameExists' ? await this.#find(queue, sqsName, api) : undefined;
        if (existing !== undefined) return { url: existing, created: false };
        if (awsCode(error) !== 'QueueDeletedRecently' || this.options.clock.monotonic() >= deadline) throw error;
        this.options.log.warn(
          `Queue "${queue.name}" (${sqsName}) was deleted less than 60 s ago; waiting to create it again`,
        );
        await sleep(this.options.clock, deletedRecentlyStepMs);
      }
    }
  }
}

function deadLetterName(sqsName: string): string {
  return sqsName.endsWith('.fifo') ? `${sqsName.slice(0, -'.fifo'.length)}-dlq.fifo` : `${sqsName}-dlq`;
}

function awsCode(error: unknown): string | undefined {
  return error instanceof QueueRequestError ? error.awsCode : undefined;
}
