import type { Clock, Timer } from '#celery/ports';

interface WatchdogOptions {
  readonly clock: Clock;
  /** What is wrong at this moment; undefined: nothing. */
  look(): string | undefined;
  /** Sets right what was wrong at two looks in a row. */
  restart(fault: string): void;
}

const lookEveryMs = 5000;

/** Looks that see something which takes so long at the most, and a spare one: after more of them it will not end any more. */
export function looksWithin(longestMs: number): number {
  return Math.ceil(longestMs / lookEveryMs) + 1;
}

/**
 * Notices that something which should go on for ever does not. It counts its own looks and not the time between them: a process
 * that was stopped for an hour, or a loop that was blocked, finds everything late at its first look and has not had its turn yet.
 */
export class Watchdog {
  #timer: Timer | undefined;
  #suspected = false;

  constructor(private readonly options: WatchdogOptions) {}

  start(): void {
    this.stop();
    this.#suspected = false;
    this.#lookAgain();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookAgain(): void {
    this.#timer = this.options.clock.setTimeout(() => {
      // Set first: whatever the look comes to, there is another one.
      this.#lookAgain();
      this.#look();
    }, lookEveryMs);
  }

  #look(): void {
    const fault = this.options.look();
    if (fault !== undefined && this.#suspected) {
      this.#suspected = false;
      this.options.restart(fault);
    } else {
      this.#suspected = fault !== undefined;
    }
  }
}
