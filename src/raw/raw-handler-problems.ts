import type { RawHandlers } from '#worker';
import { unknownConnection, type KnownConnections } from '../connections/known-connections.js';
import { undefinedQueue } from '../options/validate-queues.js';
import { skippedEnhancerProblems } from '../tasks/skipped-enhancers.js';
import { taskMetadata } from '../tasks/task-metadata.accessor.js';
import type { RawMessageMetadata } from '../tasks/task-metadata.js';
import { queuesOf, type RawMessageExploration, type RawMessageMethod } from './raw-message-explorer.js';

/** Lists everything that is wrong with the `@RawMessage` methods of an application, one sentence each; empty when they are right. */
export function rawHandlerProblems(
  { methods, onControllers }: Pick<RawMessageExploration, 'methods' | 'onControllers'>,
  connections: KnownConnections,
): string[] {
  return [
    ...onControllers.map(
      ({ title }) =>
        `@RawMessage on ${title}: a controller cannot handle messages, as its guards would be skipped; move it to a provider`,
    ),
    ...methods.flatMap((method) => methodProblems(method, connections)),
    ...[...connections.keys()].flatMap((connection) => sharedQueues(methods, connection)),
  ];
}

/** What may surprise, one sentence each. `consumed`: the names of the connection's queues that are consumed. */
export function rawHandlerWarnings(
  methods: readonly RawMessageMethod[],
  connection: string,
  consumed: ReadonlySet<string>,
): string[] {
  return methods.flatMap((method) =>
    queuesOf(method, connection).flatMap((queue) =>
      typeof queue !== 'string' || consumed.has(queue)
        ? []
        : [
            `@RawMessage on ${method.title}: queue '${queue}' has consume: false, its messages will not be handled here`,
          ],
    ),
  );
}

/** Queues of an application that has handlers of messages, but no tasks; see `withoutOtherQueues`. */
export function unhandledWarnings(consumed: readonly string[], handlers: RawHandlers): string[] {
  if (handlers.queues().length === 0) return [];
  return consumed
    .filter((queue) => handlers.get(queue) === undefined)
    .map((queue) => `Queue ${queue} is not consumed: it has no @RawMessage, and there is no @Task`);
}

function methodProblems(method: RawMessageMethod, connections: KnownConnections): string[] {
  const problems = [
    ...new Set(method.rawMessages.flatMap((rawMessage) => decoratorProblems(rawMessage, connections))),
    ...(taskMetadata.tasks(method.prototype, method.method).length > 0
      ? ['is a @Task as well; give each a method of its own']
      : []),
    ...parameterProblems(method),
    ...skippedEnhancerProblems(method.skipped),
  ];
  return problems.map((problem) => `@RawMessage on ${method.title}: ${problem}`);
}

function decoratorProblems({ queues, connection }: RawMessageMetadata, connections: KnownConnections): string[] {
  return [
    ...(queues.length > 0 && queues.every(isName) ? [] : ['needs the name of a queue']),
    ...unknownConnection(connection, connections),
    ...queues.filter(isName).flatMap((queue) => undefinedQueue('it', queue, connections.get(connection)?.queues ?? [])),
  ];
}

function parameterProblems({ parameters, rawMessages, types }: RawMessageMethod): string[] {
  const named = parameters.filter(({ kind }) => kind !== 'positional');
  const payloads = parameters.length - named.length;
  return [
    ...(named.length > 0 ? ["a message has no arguments: @Arg, @Kwarg, @Args and @Kwargs are a task's"] : []),
    ...(payloads > 1 ? [`one parameter without a decorator takes the payload, not ${payloads}`] : []),
    ...(rawMessages.some(({ rest }) => rest) ? ['a rest parameter cannot be bound'] : []),
    ...(types
      ? []
      : ['compiled without decorator metadata (emitDecoratorMetadata), which esbuild and tsx do not write']),
  ];
}

function isName(queue: unknown): boolean {
  return typeof queue === 'string' && queue !== '';
}

function sharedQueues(methods: readonly RawMessageMethod[], connection: unknown): string[] {
  const owners = new Map<unknown, string[]>();
  for (const method of methods) {
    for (const queue of queuesOf(method, connection)) owners.set(queue, [...(owners.get(queue) ?? []), method.title]);
  }
  return [...owners].flatMap(([queue, titles]) => {
    if (typeof queue !== 'string' || titles.length < 2) return [];
    return [`Queue '${queue}' has @RawMessage on ${titles.length} methods: ${titles.join(', ')}`];
  });
}
