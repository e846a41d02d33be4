import { taskMetadata } from '../tasks/task-metadata.accessor.js';
import { DEFAULT_CONNECTION } from '../tokens.js';
import type { TaskEvent, TaskEventMap } from './task-event-map.js';
import type { TaskEventOptions } from './task-events.js';

/** Which tasks, of which connection, a method is told of. */
export interface OnTaskEventOptions extends TaskEventOptions {
  /** The `name` of the connection. Default: the default connection. */
  readonly connection?: string;
}

type TaskEventDecorator<Event extends TaskEvent> = <Method extends (payload: TaskEventMap[Event]) => unknown>(
  prototype: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * Calls a method of a provider at each event of a kind: what happens to tasks in this process, in the words of Celery's events and
 * signals. A method may have several.
 *
 * ```ts
 * @OnTaskEvent('failed')
 * async failed({ request, error, expected }: TaskEventMap['failed']): Promise<void>
 * ```
 *
 * It is called as it is, without guards, interceptors and pipes. What it throws is logged and disturbs no task; only a listener of
 * `beforeTaskPublish` refuses the send by it.
 *
 * @param event its name
 * @param options which tasks, of which connection. Default: all tasks of the default connection
 */
export function OnTaskEvent<Event extends TaskEvent>(
  event: Event,
  { task, connection = DEFAULT_CONNECTION }: OnTaskEventOptions = {},
): TaskEventDecorator<Event> {
  return (prototype: object, method: string | symbol): void => {
    const listener: unknown = Object.getOwnPropertyDescriptor(prototype, method)?.value;
    if (typeof prototype === 'function' || typeof method !== 'string' || typeof listener !== 'function') {
      throw new TypeError(`@OnTaskEvent can only decorate methods of classes with a name, not ${String(method)}`);
    }
    taskMetadata.addListener(prototype, method, { event, task, connection });
  };
}
