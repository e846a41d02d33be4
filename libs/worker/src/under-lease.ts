import { sleep, type Clock, type Lease } from '#celery';
import { isUnsendable } from './unsendable.js';

/** Milliseconds before the second, third and fourth try. */
const PAUSES_MS = [200, 1000, 3000];

/**
 * Does something that may fail for a moment, again and again while the message is ours: giving up means that the task runs once
 * more.
 */
export async function underLease<Result>(lease: Lease, clock: Clock, work: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (isUnsendable(error)) throw error;
      await sleep(clock, pauseMs, lease.signal);
      if (lease.lost) throw error;
    }
  }
  return work();
}
