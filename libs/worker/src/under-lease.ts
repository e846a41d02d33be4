import { sleep, type Clock, type Lease } from '#celery';
import { isUnsendable } from './unsendable.js';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/** A store that is down for longer than this may well be down for this worker alone. */
const PATIENCE_MS = 600_000;

/**
 * Does something that may fail for a while, again and again while the message is ours, with growing pauses: giving up means another
 * receive, of which there are only so many. Meanwhile the slot is taken, so that nothing more is received that could not be settled.
 */
export async function underLease<Result>(lease: Lease, clock: Clock, work: () => Promise<Result>): Promise<Result> {
  const end = clock.monotonic() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 4)) {
    try {
      return await work();
    } catch (error) {
      if (isUnsendable(error) || clock.monotonic() + pauseMs > end) throw error;
      await sleep(clock, pauseMs, lease.signal);
      if (lease.lost) throw error;
    }
  }
}
