import type { WorkerDeps } from '../worker.js';
import { WorkflowCalls } from '../workflow-calls.js';
import { accumulate } from './accumulate.js';
import { backendCleanup } from './backend-cleanup.js';
import type { BuiltInDeps, BuiltInTask } from './built-in-task.js';
import type { TaskFinder } from './call-task.js';
import { chain, chord, chunks, group } from './canvas-tasks.js';
import { chordUnlock } from './chord-unlock.js';
import { xmap, xstarmap } from './maps.js';
import { ping } from './ping.js';

export type { BuiltInDeps, BuiltInTask } from './built-in-task.js';

/** The tasks that a worker can run: the application's own, and those that every worker of Celery's has. */
export class KnownTasks {
  readonly #registry: BuiltInDeps['registry'];
  readonly #builtIns: ReadonlyMap<string, BuiltInTask>;

  constructor(deps: BuiltInDeps) {
    this.#registry = deps.registry;
    this.#builtIns = new Map(builtInTasks(deps, this).map((task) => [task.name, task]));
  }

  /** A task of the application's wins over a built-in one of its name. */
  get(name: string): BuiltInTask | undefined {
    return this.#registry.get(name) ?? this.#builtIns.get(name);
  }
}

/** The tasks of a worker. */
export function knownTasks({ registry, stores = {}, options = {}, ...deps }: WorkerDeps): KnownTasks {
  const { argsreprMaxsize, taskDefaults } = options;
  const { results: store } = stores;
  const workflows = new WorkflowCalls({ ...deps, argsreprMaxsize, store });
  return new KnownTasks({ registry, workflows, store, events: deps.events, clock: deps.clock, taskDefaults });
}

function builtInTasks(deps: BuiltInDeps, tasks: TaskFinder): readonly BuiltInTask[] {
  return [
    xmap(tasks, deps),
    xstarmap(tasks, deps),
    chunks(deps),
    group(deps),
    chain(deps),
    chord(deps),
    accumulate(deps),
    backendCleanup(deps),
    chordUnlock(deps),
    ping(deps),
  ];
}
