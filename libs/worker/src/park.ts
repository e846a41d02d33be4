import type { Clock, Delivery, MessageSender } from '#celery';
import { MAX_DELAY_SECONDS, MAX_VISIBILITY_SECONDS, mayGoBack } from './receive-budget.js';
import { republish } from './republish.js';

/** An ETA this close is waited for by nobody: clocks differ by as much. */
const EARLY_TOLERANCE_MS = 2_000;

/** Seconds until a task is due, or 0 when it may run now. */
export function secondsUntilDue(eta: number | undefined, clock: Clock): number {
  const remainingMs = eta === undefined ? 0 : eta - clock.now();
  return remainingMs > EARLY_TOLERANCE_MS ? Math.ceil(remainingMs / 1000) : 0;
}

/**
 * Puts a task whose ETA is ahead out of sight without holding it: by visibility for as long as SQS allows, or, where the
 * receive budget does not allow another receive, by publishing the same message again with a delay.
 */
export async function park(
  delivery: Delivery,
  remainingSeconds: number,
  { sender, clock }: { sender: MessageSender; clock: Clock },
): Promise<number> {
  if (mayGoBack(delivery) || delivery.queue.fifo) {
    const heldSeconds = Math.ceil((clock.monotonic() - delivery.receivedAt) / 1000);
    const delaySeconds = Math.min(remainingSeconds, MAX_VISIBILITY_SECONDS - heldSeconds - 1);
    await delivery.release(delaySeconds);
    return delaySeconds;
  }
  const delaySeconds = Math.min(remainingSeconds, MAX_DELAY_SECONDS);
  await republish(delivery, delaySeconds, sender);
  return delaySeconds;
}
