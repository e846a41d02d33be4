import { taskOptionProblems } from '#worker';
import type { SqsCeleryOptions } from '../options/sqs-celery-options.js';
import { undefinedQueue } from '../options/validate-queues.js';
import type { Exploration, TaskMethod } from './task-explorer.js';

/** Lists everything that is wrong with the task handlers of an application, one sentence each; empty when they are right. */
export function handlerProblems(
  { methods, onControllers }: Exploration,
  queues: readonly string[],
  { idempotency }: Pick<SqsCeleryOptions, 'idempotency'>,
): string[] {
  return [
    ...onControllers.map(
      ({ title }) =>
        `@Task on ${title}: a controller cannot run tasks, as its guards would be skipped; move it to a provider`,
    ),
    ...methods.flatMap((method) => methodProblems(method, queues)),
    ...sharedNames(methods),
    ...(idempotency === undefined ? forgetful(methods) : []),
  ];
}

/** Nothing but the store knows what a worker died with. */
function forgetful(methods: readonly TaskMethod[]): string[] {
  return methods
    .filter(({ tasks }) => tasks.some(({ options }) => options.rejectOnWorkerLost === false))
    .map(({ title }) => `@Task on ${title}: rejectOnWorkerLost: false needs the option idempotency of SqsCeleryModule`);
}

function methodProblems(method: TaskMethod, queues: readonly string[]): string[] {
  const { title, tasks, types } = method;
  const problems = [
    ...tasks.flatMap(({ name }) => (typeof name === 'string' && name !== '' ? [] : ['needs the name of the task'])),
    ...tasks.flatMap(({ options }) => taskOptionProblems({ ...options })),
    ...tasks.flatMap(({ options }) => undefinedQueue("'queue'", options.queue, queues)),
    ...(tasks.some(({ rest }) => rest) ? ['a rest parameter cannot be bound; use @Args() for *args'] : []),
    ...(types
      ? []
      : ['compiled without decorator metadata (emitDecoratorMetadata), which esbuild and tsx do not write']),
    ...parameterProblems(method),
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

function sharedNames(methods: readonly TaskMethod[]): string[] {
  const owners = new Map<unknown, string[]>();
  for (const { title, tasks } of methods) {
    for (const { name } of tasks) owners.set(name, [...(owners.get(name) ?? []), title]);
  }
  return [...owners].flatMap(([name, titles]) => {
    if (typeof name !== 'string' || titles.length < 2) return [];
    return [`Task '${name}' is on ${titles.length} methods: ${titles.join(', ')}`];
  });
}
