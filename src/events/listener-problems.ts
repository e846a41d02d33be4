import { unknownConnection, type KnownConnections } from '../connections/known-connections.js';
import { describe } from '../options/option-rules.js';
import { taskMetadata } from '../tasks/task-metadata.accessor.js';
import type { ListenerMetadata } from '../tasks/task-metadata.js';
import type { ListenerExploration, ListenerMethod } from './task-event-explorer.js';
import { sourceOf, taskEventNames } from './task-event-map.js';

/** Lists everything that is wrong with the `@OnTaskEvent` methods of an application, one sentence each; empty when they are right. */
export function listenerProblems(
  { methods, onControllers }: Pick<ListenerExploration, 'methods' | 'onControllers'>,
  connections: KnownConnections,
): string[] {
  return [
    ...onControllers.map(
      ({ title }) => `@OnTaskEvent on ${title}: a controller answers requests; move the method to a provider`,
    ),
    ...methods.flatMap((method) => methodProblems(method, connections)),
  ];
}

function methodProblems(method: ListenerMethod, connections: KnownConnections): string[] {
  const { wrapper, prototype, method: name, title, listeners } = method;
  const isSingleton = wrapper.isDependencyTreeStatic() && !wrapper.isTransient;
  const problems = [
    ...listeners.flatMap((listener) => decoratorProblems(listener, connections)),
    ...(isSingleton ? [] : ['its provider is made for each request or each consumer; events belong to neither']),
    ...(taskMetadata.tasks(prototype, name).length > 0 ? ['is a @Task as well; give each a method of its own'] : []),
  ];
  return problems.map((problem) => `@OnTaskEvent on ${title}: ${problem}`);
}

function decoratorProblems({ event, task, connection }: ListenerMetadata, connections: KnownConnections): string[] {
  return [
    ...(sourceOf(event) ? [] : [`${describe(event)} is no task event; there are: ${taskEventNames()}`]),
    ...(task === undefined || isTask(task)
      ? []
      : [`'task' must be the name of a task or a definition, got ${describe(task)}`]),
    ...(isAboutNoTask(event) && task !== undefined ? [`'${event}' is about no task: leave 'task' out`] : []),
    ...unknownConnection(connection, connections),
  ];
}

function isAboutNoTask(event: unknown): event is 'drained' | 'sqsRequest' {
  return event === 'drained' || event === 'sqsRequest';
}

function isTask(task: unknown): boolean {
  const name: unknown = typeof task === 'object' && task !== null ? Reflect.get(task, 'name') : task;
  return typeof name === 'string' && name !== '';
}
