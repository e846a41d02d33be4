/** How much is run. */
export interface Scale {
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
export const fullScale: Scale = {
  tasks: 20_000,
  celeryTasks: 4000,
  rounds: 3,
  idleSeconds: 60,
  memoryTasks: 100_000,
  latencyTasks: 300,
};

/** What shows that everything runs. */
export const quickScale: Scale = {
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
