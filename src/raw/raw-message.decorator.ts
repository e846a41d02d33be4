import { DEFAULT_CONNECTION } from '../tokens.js';
import { hasRestParameter } from '../tasks/method-signature.js';
import { taskMetadata } from '../tasks/task-metadata.accessor.js';
import type { RawMessageMetadata, RawMessageOptions } from '../tasks/task-metadata.js';

/**
 * Makes a method of a provider the handler of the messages on a queue that are not Celery's: JSON, text, SNS notifications,
 * EventBridge events. It runs through Nest's guards, interceptors and pipes, as tasks do.
 *
 * ```ts
 * @RawMessage('uploads')
 * async uploaded(event: S3EventDto, @RawMessageContext() message: RawMessageRequest): Promise<void>
 * ```
 *
 * Its parameter without a decorator receives the payload: parsed JSON, or the text; of an SNS notification its `Message`, parsed
 * where that is JSON; of an EventBridge event its `detail`.
 *
 * The message is deleted once the method has returned, and when it throws `Ignore`. `Retry({ countdown })` and
 * `Reject({ requeue: true })` make it visible again later; after any other error it is backed off and received again, until the
 * redrive policy or `maxDeliveries` ends it in the dead-letter queue. An `UnrecoverableError`, a guard that denies and a pipe that
 * fails end it at once. At least once: a message may be handled again.
 *
 * @param queues Celery names of consumed queues; each has one handler at most
 */
export function RawMessage(...queues: [queue: string, ...others: string[]]): MethodDecorator;
/**
 * The same for a named connection.
 *
 * @param queues Celery names of consumed queues, then `{ connection }`
 */
export function RawMessage(
  ...queues: [queue: string, ...others: string[], options: RawMessageOptions]
): MethodDecorator;
export function RawMessage(...given: readonly unknown[]): MethodDecorator {
  const { queues, connection } = queuesAndConnection(given);
  return (prototype: object, method: string | symbol): void => {
    const handler: unknown = Object.getOwnPropertyDescriptor(prototype, method)?.value;
    if (typeof prototype === 'function' || typeof method !== 'string' || typeof handler !== 'function') {
      throw new TypeError(`@RawMessage can only decorate methods of classes with a name, not ${String(method)}`);
    }
    // Decorators run before the decorated method is put back: this is the method as it was written.
    const written = handler as (...args: never[]) => unknown;
    taskMetadata.fillPositional(prototype, method, taskMetadata.types(prototype, method)?.length ?? written.length);
    taskMetadata.addRawMessage(prototype, method, { queues, connection, rest: hasRestParameter(written) });
  };
}

function queuesAndConnection(given: readonly unknown[]): Pick<RawMessageMetadata, 'queues' | 'connection'> {
  const last = given.at(-1);
  if (typeof last !== 'object' || last === null) return { queues: given, connection: DEFAULT_CONNECTION };
  const { connection = DEFAULT_CONNECTION }: RawMessageOptions = last;
  return { queues: given.slice(0, -1), connection };
}
