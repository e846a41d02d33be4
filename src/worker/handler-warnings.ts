import type { RawHandlers, TaskRegistry } from '#worker';
import type { TaskRouter } from '../connections/task-router.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

/** What handlers and queues of a connection are compared by. */
export interface HandlersAndQueues {
  readonly registry: TaskRegistry;
  readonly rawHandlers: RawHandlers;
  readonly router: TaskRouter;
  readonly options: ResolvedOptions;
}

/**
 * Tasks that are put where nobody here receives them, and queues on which nobody puts tasks that are known here; one sentence each.
 * Both may be meant, as other fleets share tasks and queues. What functions in `taskRoutes` will decide is not known.
 */
export function handlerWarnings(parts: HandlersAndQueues): string[] {
  const { registry, options } = parts;
  const consumed = options.queues.filter(({ consume }) => consume).map(({ name }) => name);
  const homes = new Map(registry.names().map((task) => [task, parts.router.queueByName(task)]));
  return [...homeless(homes, new Set(consumed)), ...unused(consumed, homes, parts)];
}

type Homes = ReadonlyMap<string, string | undefined>;

function homeless(homes: Homes, consumed: ReadonlySet<string>): string[] {
  return [...homes].flatMap(([task, queue]) =>
    queue === undefined || consumed.has(queue)
      ? []
      : [`Task ${task} is put on queue ${queue}, which is not consumed here: it runs elsewhere, if at all.`],
  );
}

function unused(consumed: readonly string[], homes: Homes, { rawHandlers, options }: HandlersAndQueues): string[] {
  const queues = [...homes.values()];
  if (queues.includes(undefined)) return [];
  const used = new Set(queues.flatMap((queue) => (queue === undefined ? [] : [queue, ...stepsOf(queue, options)])));
  return consumed
    .filter((name) => !used.has(name) && rawHandlers.get(name) === undefined)
    .map(
      (name) =>
        `Queue ${name} is consumed, but no task that is known here is put there by itself: what others put there runs where ` +
        'a @Task knows it, and is handed back where none does.',
    );
}

function stepsOf(queue: string, { priorityQueues }: ResolvedOptions): string[] {
  return Object.values(priorityQueues?.[queue] ?? {});
}
