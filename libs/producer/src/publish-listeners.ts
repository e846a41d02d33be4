import { InvalidTaskError, isSendable, type TaskMessage } from '#celery';

/** A task message on its way to its queue, of whatever origin: a call, a retry, the next step of a workflow. */
export interface PublishedTask {
  /** Task id; the same over all retries. */
  readonly id: string;
  /** Registered name of the task. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Celery name of the queue it is put on. */
  readonly queue: string;
  /** Retries so far: 0 for a new task. */
  readonly retries: number;
  /** When the task is to run, ISO 8601, or null. */
  readonly eta: string | null;
  /** Id of the task that sent this one, or null. */
  readonly parentId: string | null;
  /** Id of the first task of the workflow. */
  readonly rootId: string;
  /** Custom headers of the message. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Celery's signals around publishing. */
export interface PublishEventMap {
  /** A task is about to be sent. What is put into `headers` is sent with it. */
  beforeTaskPublish: Omit<PublishedTask, 'headers'> & { readonly headers: Record<string, unknown> };
  /** SQS has accepted the message. */
  afterTaskPublish: PublishedTask;
}

/** Those who listen to what is published. */
export interface PublishListeners {
  has(event: keyof PublishEventMap): boolean;
  /** Rejects with what the first listener throws. */
  insist(event: 'beforeTaskPublish', payload: PublishEventMap['beforeTaskPublish']): Promise<void>;
  /** Never throws. */
  tell(event: 'afterTaskPublish', payload: PublishEventMap['afterTaskPublish']): void;
}

/**
 * The message with the headers that listeners gave it.
 * @throws (rejects) what a listener throws: then the task is not sent; InvalidTaskError for a header that is the protocol's
 */
export async function beforePublish(message: TaskMessage, listeners: PublishListeners): Promise<TaskMessage> {
  const { custom } = message.headers;
  const headers = { ...custom };
  await listeners.insist('beforeTaskPublish', { ...published(message), headers });
  for (const name of Object.keys(headers)) {
    if (name in custom || isSendable(name)) continue;
    throw new InvalidTaskError(
      `A listener of beforeTaskPublish gave task ${message.headers.task}[${message.headers.id}] the header '${name}', ` +
        "which is Celery's own: choose another name",
    );
  }
  return { ...message, headers: { ...message.headers, custom: headers } };
}

/** What listeners are told of a message. */
export function published({ headers, args, kwargs, properties }: TaskMessage): PublishedTask {
  const { id, task, retries, eta, parentId, rootId, custom } = headers;
  const queue = properties.deliveryInfo.routingKey ?? '';
  return { id, task, args, kwargs, queue, retries, eta, parentId, rootId, headers: custom };
}
