import type { ResolvedTaskOptions } from './task-options.js';
import type { TaskRequest } from './task-request.js';

/** A task this worker can run. */
export interface RegisteredTask {
  /** The name Celery knows it by. */
  readonly name: string;
  readonly options: ResolvedTaskOptions;
  /** Runs the task; what it resolves to is the result, what it throws decides the outcome. */
  run(request: TaskRequest): Promise<unknown>;
  /** Resolves when a run has begun, where it has to wait for a place: its time limits begin then. Default: at once. */
  begun?(request: TaskRequest): Promise<void>;
  /** Ends a run that is past its hard time limit, where that is possible without its help. */
  terminate?(request: TaskRequest): void;
}

/** The tasks of one worker, by name. */
export class TaskRegistry {
  readonly #tasks = new Map<string, RegisteredTask>();

  /** @throws Error when the name is taken. */
  add(task: RegisteredTask): void {
    if (this.#tasks.has(task.name)) throw new Error(`Task '${task.name}' is registered twice.`);
    this.#tasks.set(task.name, task);
  }

  get(name: string): RegisteredTask | undefined {
    return this.#tasks.get(name);
  }

  /** All names, sorted. */
  names(): string[] {
    return [...this.#tasks.keys()].toSorted();
  }
}
