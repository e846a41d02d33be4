import type { Clock } from '#celery';
import type { TaskRequest, WorkerEvents } from '#worker';

/** A task whose handler has been called and has not ended. */
export interface RunningTask {
  readonly request: TaskRequest;
  /** Since it was called. */
  readonly seconds: number;
}

/** The handlers at work, those included that go on after their hard time limit. */
export class RunningTasks {
  readonly #since = new Map<TaskRequest, number>();
  readonly #zombies = new Set<TaskRequest>();

  constructor(
    private readonly clock: Clock,
    events: WorkerEvents,
  ) {
    events.on('zombie', ({ request }) => {
      if (this.#since.has(request)) this.#zombies.add(request);
    });
  }

  /** The same handler, watched. */
  watch(run: (request: TaskRequest) => Promise<unknown>): (request: TaskRequest) => Promise<unknown> {
    return (request) => {
      this.#since.set(request, this.clock.monotonic());
      const ended = (): void => this.#end(request);
      const running = run(request);
      // Beside the run, not around it: a promise of its own for each task is not free.
      void running.then(ended, ended);
      return running;
    };
  }

  /** The one that has run longest. */
  get oldest(): RunningTask | undefined {
    // A map keeps the order of insertion.
    const [first] = this.#since.keys();
    return first && this.#running(first);
  }

  /** Those that run long after their hard time limit: their slots were given to others, what they hold only their end frees. */
  get zombies(): RunningTask[] {
    return [...this.#zombies].map((request) => this.#running(request));
  }

  #end(request: TaskRequest): void {
    this.#since.delete(request);
    this.#zombies.delete(request);
  }

  #running(request: TaskRequest): RunningTask {
    const now = this.clock.monotonic();
    return { request, seconds: (now - (this.#since.get(request) ?? now)) / 1000 };
  }
}
