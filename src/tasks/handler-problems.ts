import { taskOptionProblems } from '#worker';
import { unknownConnection, type KnownConnections } from '../connections/known-connections.js';
import { undefinedQueue } from '../options/validate-queues.js';
import { skippedEnhancerProblems } from './skipped-enhancers.js';
import { tasksOf, type DecoratedTask, type Exploration, type TaskMethod } from './task-explorer.js';
import type { TaskMetadata } from './task-metadata.js';

/** Lists everything that is wrong with the task handlers of an application, one sentence each; empty when they are right. */
export function handlerProblems({ methods, onControllers }: Exploration, connections: KnownConnections): string[] {
  return [
    ...onControllers.map(
      ({ title }) =>
        `@Task on ${title}: a controller cannot run tasks, as its guards would be skipped; move it to a provider`,
    ),
    ...methods.flatMap((method) => methodProblems(method, connections)),
    ...[...connections.keys()].flatMap((connection) => sharedNames(tasksOf(methods, connection))),
    ...forgetful(methods, connections),
    ...threadless(methods, connections),
  ];
}

/** Nothing but the store knows what a worker died with. */
function forgetful(methods: readonly TaskMethod[], connections: KnownConnections): string[] {
  const forgets = ({ options, connection }: TaskMetadata): boolean =>
    options.rejectOnWorkerLost === false && connections.get(connection)?.idempotency === false;
  return methods
    .filter(({ tasks }) => tasks.some(forgets))
    .map(({ title }) => `@Task on ${title}: rejectOnWorkerLost: false needs the option idempotency of SqsCeleryModule`);
}

/** A thread has to be told what to run. */
function threadless(methods: readonly TaskMethod[], connections: KnownConnections): string[] {
  const hasNone = ({ options, connection }: TaskMetadata): boolean =>
    options.pool === 'threads' && connections.get(connection)?.threads === false;
  return methods
    .filter(({ tasks }) => tasks.some(hasNone))
    .map(({ title }) => `@Task on ${title}: pool: 'threads' needs the option threads of SqsCeleryModule`);
}

function methodProblems(method: TaskMethod, connections: KnownConnections): string[] {
  const { title, tasks, types } = method;
  const problems = [
    ...tasks.flatMap(({ name }) => (typeof name === 'string' && name !== '' ? [] : ['needs the name of the task'])),
    ...tasks.flatMap(({ options }) => taskOptionProblems({ ...options })),
    ...tasks.flatMap(({ connection }) => unknownConnection(connection, connections)),
    ...tasks.flatMap(({ options, connection }) =>
      undefinedQueue("'queue'", options.queue, connections.get(connection)?.queues ?? []),
    ),
    ...(tasks.some(({ rest }) => rest) ? ['a rest parameter cannot be bound; use @Args() for *args'] : []),
    ...(types
      ? []
      : ['compiled without decorator metadata (emitDecoratorMetadata), which esbuild and tsx do not write']),
    ...parameterProblems(method),
    ...skippedEnhancerProblems(method.skipped),
  ];
  return problems.map((problem) => `@Task on ${title}: ${problem}`);
}

function parameterProblems({ parameters }: TaskMethod): string[] {
  return parameters.flatMap(({ kind, data }, position) => {
    const named = kind === 'arg' || kind === 'kwarg';
    if (named && (typeof data !== 'string' || data === '' || data.startsWith('*')))
      return [`@${title(kind)} needs a name`];
    const repeated = parameters.slice(0, position).some((earlier) => earlier.data === data);
    if (!repeated) return [];
    return [named ? `two parameters have the name '${data}'` : `@${title(kind)}() stands twice`];
  });
}

const title = (kind: string): string => kind.charAt(0).toUpperCase() + kind.slice(1);

function sharedNames(tasks: readonly DecoratedTask[]): string[] {
  const owners = new Map<unknown, string[]>();
  for (const { method, task } of tasks) owners.set(task.name, [...(owners.get(task.name) ?? []), method.title]);
  return [...owners].flatMap(([name, titles]) => {
    if (typeof name !== 'string' || titles.length < 2) return [];
    return [`Task '${name}' is on ${titles.length} methods: ${titles.join(', ')}`];
  });
}
