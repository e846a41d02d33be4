import {
  TaskRevokedError,
  stampMarksOf,
  type Clock,
  type RevocationStore,
  type TaskMessage,
  type Timer,
} from '#celery';

/** Milliseconds between two looks at what was revoked while it is running. */
const LOOK_EVERY_MS = 5_000;

/** As much of a task as says what revokes it. */
export type RevocableTask = Pick<TaskMessage, 'headers'>;

/** A task that is running, and how it is told. */
interface Watched {
  /** What it may be revoked by: its id and its stamps. */
  readonly names: readonly string[];
  readonly interrupt: AbortController;
}

export interface RevocationsDeps {
  readonly store: RevocationStore;
  readonly clock: Clock;
  /** A look that failed: tasks run on, and the next look is made in its time. */
  readonly onError: (error: unknown) => void;
}

/** Asks the store whether tasks are revoked: before each starts, and all that are running together every few seconds. */
export class Revocations {
  readonly #deps: RevocationsDeps;
  readonly #running = new Set<Watched>();
  #timer: Timer | undefined;
  #looking = false;
  /** `Clock.monotonic` until which the store is not asked, as it has just failed. */
  #restUntil = Number.NEGATIVE_INFINITY;

  constructor(deps: RevocationsDeps) {
    this.#deps = deps;
  }

  /**
   * Why the task is not to be run, where it was revoked. A store that cannot be asked does not keep it from running; for the next
   * seconds it is not asked, as each task would wait for its silence.
   */
  async find(message: RevocableTask): Promise<TaskRevokedError | undefined> {
    const { store, clock, onError } = this.#deps;
    if (clock.monotonic() < this.#restUntil) return undefined;
    try {
      const revoked = await store.revoked(namesOf(message));
      return revoked.size > 0 ? new TaskRevokedError('revoked') : undefined;
    } catch (error) {
      this.#restUntil = clock.monotonic() + LOOK_EVERY_MS;
      onError(error);
      return undefined;
    }
  }

  /** Looks after a running task: `interrupt` is aborted with TaskRevokedError when it is to be terminated. Answers what ends it. */
  watch(message: RevocableTask, interrupt: AbortController): () => void {
    const watched = { names: namesOf(message), interrupt };
    this.#running.add(watched);
    this.#schedule();
    return () => this.#end(watched);
  }

  #end(watched: Watched): void {
    this.#running.delete(watched);
    if (this.#running.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** A look that is not answered yet schedules the next one itself. */
  #schedule(): void {
    if (this.#running.size === 0 || this.#looking) return;
    this.#timer ??= this.#deps.clock.setTimeout(() => void this.#look(), LOOK_EVERY_MS);
  }

  async #look(): Promise<void> {
    const { store, onError } = this.#deps;
    this.#timer = undefined;
    this.#looking = true;
    try {
      const revoked = await store.revoked([...new Set([...this.#running].flatMap(({ names }) => names))]);
      for (const { names, interrupt } of this.#running) {
        if (names.some((name) => revoked.get(name)?.terminate)) interrupt.abort(new TaskRevokedError('terminated'));
      }
    } catch (error) {
      onError(error);
    }
    this.#looking = false;
    this.#schedule();
  }
}

function namesOf({ headers }: RevocableTask): readonly string[] {
  return [headers.id, ...stampMarksOf(headers)];
}
