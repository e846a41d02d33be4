import { anObject } from './option-rules.js';
import type { ResolvedOptions } from './resolve-options.js';
import { undefinedQueue } from './validate-queues.js';

/** Queues by the least priority of their messages: `{ 0: 'celery-low', 6: 'celery-high' }`. */
export type PrioritySteps = Readonly<Record<number, string>>;

/**
 * SQS knows no priorities: messages of a priority are put on a queue of their own, as kombu's other transports do behind the
 * scenes. Answers the queue of the highest step that `priority` reaches, or `queue` itself.
 */
export function queueOfPriority(
  queue: string,
  priority: number | undefined,
  { priorityQueues }: Pick<ResolvedOptions, 'priorityQueues'>,
): string {
  const steps = priorityQueues?.[queue];
  if (!steps || priority === undefined) return queue;
  const reached = Object.keys(steps)
    .map(Number)
    .filter((step) => step <= priority);
  return reached.length === 0 ? queue : (steps[Math.max(...reached)] ?? queue);
}

/** Lists everything that is wrong with `priorityQueues`. */
export function priorityProblems(priorityQueues: unknown, names: readonly string[]): string[] {
  return Object.entries(Object(priorityQueues)).flatMap(([queue, steps]) => [
    ...undefinedQueue('priorityQueues', queue, names),
    ...(anObject.check(steps)
      ? Object.entries(Object(steps)).flatMap(([priority, target]) =>
          stepProblems(`priorityQueues.${queue}.${priority}`, priority, target, names),
        )
      : [`priorityQueues.${queue} must be an object { priority: queue }`]),
  ]);
}

function stepProblems(where: string, priority: string, target: unknown, names: readonly string[]): string[] {
  const problems = /^[0-9]$/.test(priority) ? [] : [`${where}: a priority is a whole number from 0 to 9`];
  if (typeof target !== 'string') return [...problems, `${where} must be the name of a queue`];
  return [...problems, ...undefinedQueue(where, target, names)];
}
