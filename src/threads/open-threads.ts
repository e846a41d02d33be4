import { systemClock, type Clock } from '#celery';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { SqsConnection } from '../sqs-connection.js';
import { TaskThreads } from './task-threads.js';
import { resolveThreads } from './threads-options.js';

/**
 * The threads of a connection, not open yet. Undefined where its tasks run in the main thread: there is no such option, nothing is
 * received here, or a test has put the application on another clock or endpoint, which no other thread knows.
 */
export function threadsOf(connection: SqsConnection, options: ResolvedOptions, clock: Clock): TaskThreads | undefined {
  const { threads, jsonTypes, worker } = options;
  if (!threads || worker === false || clock !== systemClock || connection.isOverridden) return undefined;
  return new TaskThreads({ connection: connection.name, options: resolveThreads(threads), jsonTypes, clock });
}

/** Opens the threads of a connection that has tasks for them. */
export async function openThreads({ threads, registry }: SqsConnection): Promise<void> {
  const tasks = registry.names().filter((name) => registry.get(name)?.options.pool === 'threads');
  if (tasks.length > 0) await threads?.open(tasks);
}
