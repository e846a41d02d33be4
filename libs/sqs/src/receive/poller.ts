import { randomUUID } from 'node:crypto';

import type { Message } from '@aws-sdk/client-sqs';

import type { Clock } from '#celery/ports';

import { awsFailure } from '../client/aws-failure.js';
import type { ManagedQueue } from '../queue/managed-queue.js';

interface PollerOptions {
  readonly queue: ManagedQueue;
  readonly clock: Clock;
  readonly waitTimeSeconds: number;
  /** `VisibilityTimeout` of the receive. */
  readonly leaseSeconds: number;
}

/** What one poll brought. */
export interface Received {
  readonly messages: readonly Message[];
  /** `Clock.monotonic` when it was asked for. */
  readonly askedAt: number;
}

/** Beyond the wait time: an answer that is not here by then is lost with its socket. */
const slackMs = 5000;

/** Asks one queue for messages. */
export class Poller {
  constructor(private readonly options: PollerOptions) {}

  /**
   * One ReceiveMessage. On a FIFO queue a lost answer may have locked its groups: with `repeatable` the receive is made once more
   * under the same ReceiveRequestAttemptId, which brings the same messages back.
   */
  async poll(asked: number, repeatable: boolean, signal: AbortSignal): Promise<Received> {
    const attemptId = this.options.queue.info.fifo ? randomUUID() : undefined;
    try {
      return await this.#receive(asked, attemptId, signal);
    } catch (error) {
      const repeat = repeatable && attemptId !== undefined && !signal.aborted && !awsFailure(error).answered;
      if (!repeat) throw error;
      return await this.#receive(asked, attemptId, signal);
    }
  }

  async #receive(asked: number, attemptId: string | undefined, signal: AbortSignal): Promise<Received> {
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
    const timeoutMs = waitTimeSeconds * 1000 + slackMs;
    return { messages: await queue.pooled.api.receive(queue.info.name, input, { timeoutMs, signal }), askedAt };
  }
}

const standardAttributes: (
  'ApproximateReceiveCount' | 'SentTimestamp' | 'ApproximateFirstReceiveTimestamp' | 'MessageGroupId'
)[] = ['ApproximateReceiveCount', 'SentTimestamp', 'ApproximateFirstReceiveTimestamp', 'MessageGroupId'];
const fifoAttributes: ((typeof standardAttributes)[number] | 'MessageDeduplicationId')[] = [
  ...standardAttributes,
  'MessageDeduplicationId',
];
