import type { MessageSystemAttributeName } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';

import type { Clock } from '#celery/ports';

import type { ReceivedMessages } from '../client/answers.js';
import { awsFailure } from '../client/aws-failure.js';
import type { RequestEnd } from '../client/request-end.js';
import type { ManagedQueue } from '../queue/managed-queue.js';

interface PollerOptions {
  readonly queue: ManagedQueue;
  readonly clock: Clock;
  readonly waitTimeSeconds: number;
  /** `VisibilityTimeout` of the receive. */
  readonly leaseSeconds: number;
}

/** What one poll brought. */
export interface Received extends ReceivedMessages {
  /** `Clock.monotonic` when it was asked for. */
  readonly askedAt: number;
}

/** Beyond the wait time: an answer that is not here by then is lost with its socket. */
const slackMs = 5000;

/** Asks one queue for messages. */
export class Poller {
  constructor(private readonly options: PollerOptions) {}

  /** Milliseconds after which a poll has ended, one way or the other. */
  get longestMs(): number {
    return this.#timeoutMs * (this.options.queue.info.fifo ? 2 : 1);
  }

  get #timeoutMs(): number {
    return this.options.waitTimeSeconds * 1000 + slackMs;
  }

  /**
   * One ReceiveMessage. On a FIFO queue a lost answer may have locked its groups: with `repeatable` the receive is made once more
   * under the same ReceiveRequestAttemptId, which brings the same messages back.
   */
  async poll(asked: number, repeatable: boolean, end: RequestEnd): Promise<Received> {
    const attemptId = this.options.queue.info.fifo ? randomUUID() : undefined;
    try {
      return await this.#receive(asked, attemptId, end);
    } catch (error) {
      const repeat = repeatable && attemptId !== undefined && !end.aborted && !awsFailure(error).answered;
      if (!repeat) throw error;
      return await this.#receive(asked, attemptId, end);
    }
  }

  async #receive(asked: number, attemptId: string | undefined, end: RequestEnd): Promise<Received> {
    const { queue, clock, waitTimeSeconds, leaseSeconds } = this.options;
    const askedAt = clock.monotonic();
    const input = {
      QueueUrl: queue.info.url,
      MaxNumberOfMessages: asked,
      WaitTimeSeconds: waitTimeSeconds,
      VisibilityTimeout: leaseSeconds,
      MessageSystemAttributeNames: queue.info.fifo ? fifoAttributes : standardAttributes,
      MessageAttributeNames: ['All'],
      ...(attemptId === undefined ? {} : { ReceiveRequestAttemptId: attemptId }),
    };
    const received = await queue.pooled.api.receive(queue.info.name, input, { timeoutMs: this.#timeoutMs, end });
    return { ...received, askedAt };
  }
}

const standardAttributes: MessageSystemAttributeName[] = [
  'ApproximateReceiveCount',
  'SentTimestamp',
  'ApproximateFirstReceiveTimestamp',
  'MessageGroupId',
  'DeadLetterQueueSourceArn',
];
const fifoAttributes: MessageSystemAttributeName[] = [...standardAttributes, 'MessageDeduplicationId'];
