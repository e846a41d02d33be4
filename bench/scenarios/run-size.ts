/** How much is run. */
export interface RunSize {
  /** Tasks that are counted. */
  readonly tasks: number;
  /** Tasks that are counted of Celery, which needs twenty times as long for each. */
  readonly celeryTasks: number;
  readonly rounds: number;
  /** Seconds for which those are watched that have no virtual clock. */
  readonly idleSeconds: number;
  /** Tasks over which memory is watched. */
  readonly memoryTasks: number;
  /** Sends of the low load. */
  readonly latencyTasks: number;
}

/** What is run for figures to be believed. */
export const fullSize: RunSize = {
  tasks: 20_000,
  celeryTasks: 1500,
  rounds: 3,
  idleSeconds: 120,
  memoryTasks: 100_000,
  latencyTasks: 200,
};

/** What shows that everything runs. */
export const quickSize: RunSize = {
  tasks: 500,
  celeryTasks: 100,
  rounds: 1,
  idleSeconds: 5,
  memoryTasks: 4000,
  latencyTasks: 20,
};

/** Tasks that are run before those that are counted: one for four. */
export function warmUpOf(tasks: number): number {
  return Math.ceil(tasks / 4);
}
