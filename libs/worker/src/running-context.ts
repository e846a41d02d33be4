import { AsyncLocalStorage } from 'node:async_hooks';

/** What an asynchronous context belongs to, until it has ended. */
interface Entry<Running> {
  running: Running | undefined;
}

/**
 * Tells what runs in this asynchronous context, for as long as it runs, as Celery's stack of tasks does.
 *
 * Before Node 24 an `AsyncLocalStorage` in use makes every promise of the process dearer, those of the polls and of an HTTP server
 * as well: it is off while nothing runs.
 */
export class RunningContext<Running extends object> {
  readonly #storage = new AsyncLocalStorage<Entry<Running>>();
  #runs = 0;

  get current(): Running | undefined {
    return this.#storage.getStore()?.running;
  }

  /** Runs `callback` as `running`, until it returns, or the promise it returns is settled. */
  run<Result>(running: Running, callback: () => Result): Result {
    const entry: Entry<Running> = { running };
    this.#runs++;
    let isOver = true;
    try {
      const result = this.#storage.run(entry, callback);
      if (result instanceof Promise) {
        isOver = false;
        const end = (): void => this.#end(entry);
        // Beside the result, whose failure is for the caller.
        void result.then(end, end);
      }
      return result;
    } finally {
      if (isOver) this.#end(entry);
    }
  }

  #end(entry: Entry<Running>): void {
    entry.running = undefined;
    this.#runs--;
    if (this.#runs === 0) this.#storage.disable();
  }
}
