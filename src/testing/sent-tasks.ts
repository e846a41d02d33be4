import {
  decodeMessage,
  type MessageSender,
  type QueueInfo,
  type QueueMessage,
  type TaskDefinition,
  type TaskMessage,
} from '#celery';
import type { SqsConnection } from '../sqs-connection.js';

/** The message of a task that the application has sent, as a worker reads it. */
export interface SentTask {
  /** Task id. */
  readonly id: string;
  /** Registered name of the task. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Celery name of the queue it was put on. */
  readonly queue: string;
  /** Name of the connection it was sent by. */
  readonly connection: string;
  /** ISO 8601, or null: at once. */
  readonly eta: string | null;
  /** ISO 8601, or null. */
  readonly expires: string | null;
  /** 0, or the number of the retry that it is. */
  readonly retries: number;
  /** Custom headers. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly priority: number | null;
  readonly rootId: string | null;
  readonly parentId: string | null;
  /** Id of the group or chord it is a part of. */
  readonly group: string | null;
  /** SQS's `DelaySeconds`. */
  readonly delaySeconds: number;
  readonly messageGroupId: string | undefined;
  readonly messageDeduplicationId: string | undefined;
  readonly messageAttributes: NonNullable<QueueMessage['messageAttributes']>;
}

/** Everything that the attached applications have sent, in the order in which they began to. */
export class SentTasks {
  #sent: SentTask[] = [];

  /** @param task only messages of this one. Default: all */
  of(task?: string | TaskDefinition): readonly SentTask[] {
    if (task === undefined) return [...this.#sent];
    const name = typeof task === 'string' ? task : task.name;
    return this.#sent.filter((sent) => sent.task === name);
  }

  clear(): void {
    this.#sent = [];
  }

  /** Keeps the message; the function it answers takes that back. */
  add(queue: string, message: QueueMessage, connection: SqsConnection): () => void {
    const decoded = decodeMessage(message.body, connection.opened.decode);
    if (decoded.kind !== 'task') return () => {};
    const sent = sentTask(decoded.message, { queue, connection: connection.name }, message);
    this.#sent.push(sent);
    return () => {
      this.#sent = this.#sent.filter((one) => one !== sent);
    };
  }
}

/** Keeps what a connection sends, but what SQS did not take. */
export class RecordingSender implements MessageSender {
  constructor(
    private readonly sender: MessageSender,
    private readonly sent: SentTasks,
    private readonly connection: SqsConnection,
  ) {}

  queue(name: string): QueueInfo | undefined {
    return this.sender.queue(name);
  }

  async send(queue: string, message: QueueMessage): Promise<void> {
    const takeBack = this.sent.add(queue, message, this.connection);
    try {
      await this.sender.send(queue, message);
    } catch (error) {
      takeBack();
      throw error;
    }
  }

  sendToArn(arn: string, source: QueueInfo, message: QueueMessage): Promise<void> {
    return this.sender.sendToArn(arn, source, message);
  }
}

function sentTask(
  { headers, args, kwargs, properties }: TaskMessage,
  place: Pick<SentTask, 'queue' | 'connection'>,
  { delaySeconds = 0, messageGroupId, messageDeduplicationId, messageAttributes = {} }: QueueMessage,
): SentTask {
  const { id, task, eta, expires, retries, custom, rootId, parentId, group } = headers;
  return {
    id,
    task,
    args,
    kwargs,
    ...place,
    eta,
    expires,
    retries,
    headers: custom,
    priority: properties.priority,
    rootId,
    parentId,
    group,
    delaySeconds,
    messageGroupId,
    messageDeduplicationId,
    messageAttributes,
  };
}
