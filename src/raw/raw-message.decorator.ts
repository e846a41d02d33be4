import { hasRestParameter } from '../tasks/method-signature.js';
import { taskMetadata } from '../tasks/task-metadata.accessor.js';

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
export function RawMessage(...queues: [queue: string, ...others: string[]]): MethodDecorator {
  return (prototype: object, method: string | symbol): void => {
    const handler: unknown = Object.getOwnPropertyDescriptor(prototype, method)?.value;
    if (typeof prototype === 'function' || typeof method !== 'string' || typeof handler !== 'function') {
      throw new TypeError(`@RawMessage can only decorate methods of classes with a name, not ${String(method)}`);
    }
    // Decorators run before the decorated method is put back: this is the method as it was written.
    const written = handler as (...args: never[]) => unknown;
    taskMetadata.fillPositional(prototype, method, taskMetadata.types(prototype, method)?.length ?? written.length);
    taskMetadata.addRawMessage(prototype, method, { queues, rest: hasRestParameter(written) });
  };
}
