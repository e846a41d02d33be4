import type { TaskDefinition } from '#celery';
import { setTimeout as realTime } from 'node:timers/promises';
import type { WorkerEvents } from '#worker';
import { isFinal, onTaskState, type SpiedState, type SpiedTask } from './task-states.js';

/** What a {@link TaskSpy} needs to know of its surroundings. */
export interface TaskSpyDeps {
  /** Moves the clock until the condition holds. */
  readonly advanceUntil: (condition: () => boolean, maxMs: number) => Promise<unknown>;
  /** Whether nothing is left to be run, now or later. */
  readonly isIdle: () => boolean;
  /** Real milliseconds for which something new is waited for when there is nothing left to be run. */
  readonly patienceMs: number;
}

/** Options of {@link TaskSpy.waitFor}. */
export interface WaitForOptions {
  /** Milliseconds of virtual time that may pass. Default: one day. */
  readonly maxMs?: number;
}

/** Twelve looks within the patience are enough. */
const LOOKS = 12;
const DAY_MS = 86_400_000;

const ENDED = 'It has ended.';
const IDLE = 'Nothing is left to be run. Was it sent, to a queue that an attached application consumes?';

/** Sees what becomes of tasks in the attached applications. */
export class TaskSpy {
  readonly #deps: TaskSpyDeps;
  #seen: SpiedTask[] = [];

  /** @internal `SqsCeleryTesting.spy` is one. */
  constructor(deps: TaskSpyDeps) {
    this.#deps = deps;
  }

  /**
   * Everything that has happened, in order.
   * @param task id, name or definition. Default: all tasks
   */
  of(task?: string | TaskDefinition): readonly SpiedTask[] {
    return task === undefined ? [...this.#seen] : this.#seen.filter(matching(task));
  }

  /**
   * Waits until a task has reached a state, and lets time pass for it as far as that takes. A task that has reached it already is
   * found; where several have the name, the first that reached it.
   *
   * @param task id, name or definition
   * @param state Default: `SUCCESS`
   * @throws (rejects) Error as soon as it is certain that it will not be: a task of this id has ended otherwise (its error is the `cause`),
   * nothing is left to be run; and when `maxMs` have passed
   */
  async waitFor(
    task: string | TaskDefinition,
    state: SpiedState = 'SUCCESS',
    { maxMs = DAY_MS }: WaitForOptions = {},
  ): Promise<SpiedTask> {
    const reached = (): SpiedTask | undefined => this.of(task).find((seen) => seen.state === state);
    const isDecided = (): boolean => reached() !== undefined || this.#endOf(task) !== undefined;
    for (let look = 0; look < LOOKS; look++) {
      if (look > 0) await realTime(this.#deps.patienceMs / LOOKS);
      await this.#deps
        .advanceUntil(() => isDecided() || this.#deps.isIdle(), maxMs)
        .catch((error: unknown) => {
          throw this.#missed(task, state, String(error));
        });
      if (isDecided()) break;
    }
    const found = reached();
    if (found) return found;
    throw this.#missed(task, state, this.#endOf(task) ? ENDED : IDLE);
  }

  /** @internal */
  watch(events: WorkerEvents): void {
    onTaskState(events, (task) => this.#seen.push(task));
  }

  /** @internal */
  clear(): void {
    this.#seen = [];
  }

  /** How the task of this id has ended. */
  #endOf(id: string | TaskDefinition): SpiedTask | undefined {
    return this.#seen.find((seen) => seen.request.id === id && isFinal(seen));
  }

  #missed(task: string | TaskDefinition, state: SpiedState, why: string): Error {
    const seen = this.of(task);
    const states = seen.map((one) => one.state).join(', ') || 'nothing';
    const title = typeof task === 'string' ? task : task.name;
    return new Error(`TaskSpy: task ${title} has not reached ${state}; it was seen to reach: ${states}. ${why}`, {
      cause: seen.findLast(({ error }) => error !== undefined)?.error,
    });
  }
}

function matching(task: string | TaskDefinition): (seen: SpiedTask) => boolean {
  if (typeof task !== 'string') return ({ request }) => request.task === task.name;
  return ({ request }) => request.id === task || request.task === task;
}
