import { routeLookup, routesByName, type RouteLookup, type Routed, type RoutedCall } from '#celery';
import { UndefinedQueueError } from '../errors.js';
import { queueOfPriority } from '../options/priority-queues.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

/**
 * Where the tasks of a connection go: Celery's `Router.route`. The call says it, or the task's own options, or `taskRoutes`, or
 * `taskDefaults`, or `taskDefaultQueue`; then `priorityQueues` may name a queue beside it.
 */
export class TaskRouter {
  readonly #lookup: RouteLookup;

  /** @param ownQueue the queue in the options of a task that is known here */
  constructor(
    private readonly options: ResolvedOptions,
    private readonly ownQueue: (task: string) => string | undefined,
  ) {
    this.#lookup = routeLookup(options.taskRoutes);
  }

  /** Answers a queue that is not listed as well: what to do then depends on who asks. */
  route(call: RoutedCall): Routed {
    const { taskDefaults, taskDefaultQueue } = this.options;
    const own = call.queue ?? this.ownQueue(call.name);
    const found = this.#lookup({ ...call, queue: own });
    const priority = call.priority ?? found?.priority ?? undefined;
    const queue = own ?? found?.queue ?? taskDefaults?.queue ?? taskDefaultQueue;
    return { queue: queueOfPriority(queue, priority, this.options), priority };
  }

  /** The queue of a task that is sent with nothing but its arguments; undefined where that depends on these. */
  queueByName(task: string): string | undefined {
    const own = this.ownQueue(task);
    if (own !== undefined || !routesByName(this.options.taskRoutes)) return own;
    return this.route({ name: task, args: [], kwargs: {} }).queue;
  }

  /** @throws UndefinedQueueError for a queue that is not listed */
  routeToListed(call: RoutedCall): Routed {
    const routed = this.route(call);
    const names = this.options.queues.map(({ name }) => name);
    if (!names.includes(routed.queue)) throw new UndefinedQueueError(routed.queue, call.name, names);
    return routed;
  }
}
