import { setMaxListeners } from 'node:events';
import { ResultsClosedError, TimeoutError, type Clock, type Timer } from '#celery';
import type { Closing } from './async-result-closing.js';

/** When to stop waiting for a result. */
export interface WaitOptions {
  /** Milliseconds after which a `TimeoutError` is thrown. Default: none, waits for ever, as Celery. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting with its `reason`. The task itself runs on. */
  readonly signal?: AbortSignal | undefined;
}

/** The reasons to stop waiting for the result of a task that are not its result. */
export class Patience {
  readonly #release: (() => void)[] = [];
  /** Rejects with the reason; never resolves. */
  readonly over: Promise<never>;

  constructor(taskId: string, { timeoutMs, signal }: WaitOptions, closing: Closing, clock: Clock) {
    this.over = new Promise((_resolve, reject) => {
      this.#release.push(closing.onClose(() => reject(new ResultsClosedError(taskId))));
      if (signal) this.#on(signal, () => reject(signal.reason as Error));
      if (timeoutMs !== undefined && timeoutMs !== Infinity) {
        this.#after(clock.setTimeout(() => reject(new TimeoutError(taskId, timeoutMs)), timeoutMs));
      }
    });
    // Nobody need be waiting for it: the result may have come first.
    this.over.catch(() => {});
  }

  /** Removes its timer and its listeners. */
  end(): void {
    for (const release of this.#release.splice(0)) release();
  }

  #on(signal: AbortSignal, stop: () => void): void {
    if (signal.aborted) return stop();
    // One signal may end many waits, those of a group: Node would warn of a leak.
    setMaxListeners(Infinity, signal);
    signal.addEventListener('abort', stop, { once: true });
    this.#release.push(() => signal.removeEventListener('abort', stop));
  }

  #after(timer: Timer): void {
    this.#release.push(() => timer.cancel());
  }
}
