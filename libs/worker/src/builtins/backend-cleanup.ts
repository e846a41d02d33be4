import { resolveTaskOptions } from '../task-options.js';
import type { BuiltInDeps, BuiltInTask } from './built-in-task.js';

/**
 * `celery.backend_cleanup`, which Python's `celery beat` sends every day to stores that keep what has expired. The result stores
 * here let results expire by themselves, or (S3) leave that to rules of the store: there is nothing to do.
 */
export function backendCleanup({ taskDefaults }: Pick<BuiltInDeps, 'taskDefaults'>): BuiltInTask {
  return {
    name: 'celery.backend_cleanup',
    options: resolveTaskOptions({}, taskDefaults),
    run: () => Promise.resolve(null),
  };
}
