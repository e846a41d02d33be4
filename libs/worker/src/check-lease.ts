import type { Lease } from '#celery';

/**
 * Asked before each step of settling, as each takes its time.
 *
 * @throws the reason, once another consumer may have the message: its outcome is the one that counts
 */
export function checkLease(lease: Lease): void {
  if (!lease.lost) return;
  // The clock knows before the signal does.
  throw lease.signal.reason ?? new Error('The lease of the message has run out');
}
