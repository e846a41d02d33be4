import type { Clock } from '#celery/ports';

/** A time within which something must have happened. */
export interface Deadline {
  /** Rejects with the error once the time is over; never resolves. */
  readonly passed: Promise<never>;
  readonly over: boolean;
  /** Ends it: to be called when what was waited for has happened. */
  cancel(): void;
}

/** A deadline `ms` milliseconds from now. */
export function deadline(clock: Clock, ms: number, error: () => Error): Deadline {
  let over = false;
  let cancel = (): void => {};
  const passed = new Promise<never>((_resolve, reject) => {
    const timer = clock.setTimeout(() => {
      over = true;
      reject(error());
    }, ms);
    cancel = () => timer.cancel();
  });
  // Nobody need be waiting: a command may have failed by itself in the meantime.
  passed.catch(() => {});
  return {
    passed,
    get over() {
      return over;
    },
    cancel: () => cancel(),
  };
}
