import type { TaskMessage } from '../message/index.js';
import type { MessageAttributes } from './queue.js';

/** How one task message is put on its queue; everything else is in the message itself. */
export interface PublishOptions {
  /** SQS `MessageGroupId`. Default on FIFO queues: `default`, as kombu. */
  readonly messageGroupId?: string;
  /** SQS `MessageDeduplicationId`. Default on FIFO queues: `id:replacedTaskNesting:retries`. */
  readonly messageDeduplicationId?: string;
  readonly messageAttributes?: MessageAttributes;
}

/** Encodes task messages and puts them on the queue that their `delivery_info.routing_key` names. */
export interface TaskPublisher {
  /** Resolves once SQS has accepted the message. */
  publish(message: TaskMessage, options?: PublishOptions): Promise<void>;
}
