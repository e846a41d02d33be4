/** Where Celery's key/value backends keep what they store. */
export interface ResultKeys {
  /** Key of a task's record, and the channel it is published on. */
  task(id: string): string;
  /** Key of a saved group. */
  group(id: string): string;
  /** Key of the counter of a chord's parts. */
  chord(id: string): string;
}

/**
 * Celery's keys: `celery-task-meta-<id>`, `celery-taskset-meta-<id>`, `chord-unlock-<id>`.
 *
 * @param globalKeyprefix Celery's `global_keyprefix`, put before each. A `_` follows it unless it ends in one of `:_-.`.
 *   (Celery before 5.4 always adds the `_`.)
 */
export function resultKeys(globalKeyprefix = ''): ResultKeys {
  const prefix = keyPrefix(globalKeyprefix);
  return {
    task: (id) => `${prefix}celery-task-meta-${checked(id)}`,
    group: (id) => `${prefix}celery-taskset-meta-${checked(id)}`,
    chord: (id) => `${prefix}chord-unlock-${checked(id)}`,
  };
}

/** What Celery puts before every key for a `global_keyprefix`. */
export function keyPrefix(globalKeyprefix: string): string {
  return globalKeyprefix === '' || /[:_.-]$/.test(globalKeyprefix) ? globalKeyprefix : `${globalKeyprefix}_`;
}

function checked(id: string): string {
  if (id === '') throw new TypeError('The id of a task or group must not be empty');
  return id;
}
