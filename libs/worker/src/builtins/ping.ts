import { resolveTaskOptions } from '../task-options.js';
import type { BuiltInDeps, BuiltInTask } from './built-in-task.js';

/** `celery.ping`, by which `celery.contrib.testing` asks whether a worker is there. */
export function ping({ taskDefaults }: Pick<BuiltInDeps, 'taskDefaults'>): BuiltInTask {
  return {
    name: 'celery.ping',
    options: resolveTaskOptions({}, taskDefaults),
    run: () => Promise.resolve('pong'),
  };
}
