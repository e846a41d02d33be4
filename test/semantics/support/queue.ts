import {
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { setTimeout as delay } from 'node:timers/promises';
import { createQueue, depth, type Endpoint } from '../../interop/support/endpoint.js';

/** What a scenario wants of its queue. Times are in seconds. */
export interface QueueWish {
  /** Default: 30. */
  readonly visibilityTimeout?: number;
  readonly fifo?: boolean;
  /** Receives after which SQS moves a message to a dead-letter queue. Default: no redrive policy. */
  readonly maxReceiveCount?: number;
}

/** A queue of one scenario, looked at from outside of both fleets. */
export class Queue {
  private constructor(
    private readonly endpoint: Endpoint,
    readonly name: string,
    readonly url: string,
    private readonly deadUrl?: string,
  ) {}

  static async create(endpoint: Endpoint, name: string, wish: QueueWish): Promise<Queue> {
    const { visibilityTimeout = 30, fifo = false, maxReceiveCount } = wish;
    const fullName = fifo ? `${name}.fifo` : name;
    const attributes: Partial<Record<QueueAttributeName, string>> = { VisibilityTimeout: `${visibilityTimeout}` };
    if (maxReceiveCount === undefined) {
      return new Queue(endpoint, fullName, await createQueue(endpoint, fullName, attributes));
    }
    const deadUrl = await createQueue(endpoint, fifo ? `${name}-dead.fifo` : `${name}-dead`);
    const deadLetterTargetArn = await attributeOf(endpoint, deadUrl, 'QueueArn');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount });
    const url = await createQueue(endpoint, fullName, { ...attributes, RedrivePolicy });
    return new Queue(endpoint, fullName, url, deadUrl);
  }

  /** Puts any text on it. */
  async sendBody(body: string): Promise<void> {
    await this.endpoint.sqs.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody: body }));
  }

  async visible(): Promise<number> {
    return Number(await attributeOf(this.endpoint, this.url, 'ApproximateNumberOfMessages'));
  }

  /** Messages: visible, in flight and delayed. */
  depth(): Promise<number> {
    return depth(this.endpoint, this.url);
  }

  /** Resolves once somebody has received what it holds, or it holds nothing any more. */
  async touched(timeoutMs = 30_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while ((await this.visible()) > 0) {
      if (Date.now() > deadline) throw new Error(`nobody has received from ${this.url} within ${timeoutMs} ms`);
      await delay(50);
    }
  }

  /** Resolves with true once it holds nothing at all, with false when it still holds something after that time. */
  async emptied(timeoutMs = 30_000): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while ((await this.depth()) > 0) {
      if (Date.now() > deadline) return false;
      await delay(100);
    }
    return true;
  }

  /** Resolves with the next message of its dead-letter queue, or undefined when there is none after that time. */
  async nextDead(timeoutMs = 30_000): Promise<Message | undefined> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const request = { QueueUrl: this.deadUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 1 };
      const { Messages: [message] = [] } = await this.endpoint.sqs.send(new ReceiveMessageCommand(request));
      if (message || Date.now() > deadline) return message;
    }
  }
}

/** What became of a message, and the reason that this package gave; SQS gives none. */
export function fateOf(dead: Message | undefined): string {
  if (!dead) return 'not dead-lettered';
  return `dead-lettered, reason ${dead.MessageAttributes?.['CeleryReason']?.StringValue ?? 'not given'}`;
}

async function attributeOf(endpoint: Endpoint, url: string, name: QueueAttributeName): Promise<string> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [name] });
  const { Attributes } = await endpoint.sqs.send(command);
  return Attributes?.[name] ?? '';
}
