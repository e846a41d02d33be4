import { resolveTaskOptions } from '../task-options.js';
import type { BuiltInDeps, BuiltInTask } from './built-in-task.js';

/** `celery.accumulate`: returns its arguments, or the one at `index`. The body of a chord by which a task was replaced. */
export function accumulate({ taskDefaults }: Pick<BuiltInDeps, 'taskDefaults'>): BuiltInTask {
  return {
    name: 'celery.accumulate',
    options: resolveTaskOptions({}, taskDefaults),
    run: async ({ args, kwargs: { index } }) => {
      if (index === undefined || index === null) return args;
      return at(args, index);
    },
  };
}

function at(args: readonly unknown[], index: unknown): unknown {
  if (!Number.isInteger(index)) throw new TypeError('tuple indices must be integers');
  const position = Number(index);
  if (position >= args.length || position < -args.length) throw new IndexError('tuple index out of range');
  return args.at(position);
}

/** Python's `IndexError`. */
class IndexError extends Error {
  override readonly name = 'IndexError';
}
