import {
  MAX_DELAY_SECONDS,
  MAX_VISIBILITY_SECONDS,
  mayGoBack,
  type Clock,
  type Delivery,
  type MessageSender,
} from '#celery';
import { republish } from './republish.js';

/** An ETA this close is waited for in its slot: SQS would only see to it to the second, for the price of a receive. */
const WAITED_FOR_MS = 2_000;

/** SQS's own default, for queues whose attributes could not be read. */
const DEFAULT_RETENTION_SECONDS = 345_600;

/** A message is published again when no more than this is left of its retention, or a quarter of a short one. */
const RETENTION_MARGIN_SECONDS = 3_600;

/** What decides how a task waits for its ETA. Times are in seconds. */
export interface ParkState {
  /** Until the task is due, or until it expires. */
  readonly remaining: number;
  /** Since the message was received: SQS counts its 12 hours from there. */
  readonly held: number;
  /** Since the message was sent: SQS counts its retention from there. */
  readonly age: number;
  /** The queue's `MessageRetentionPeriod`. */
  readonly retention: number;
  readonly mayGoBack: boolean;
  readonly fifo: boolean;
}

/** How long to put the message out of sight, and by what. */
export interface ParkPlan {
  readonly via: 'visibility' | 'republish';
  readonly delaySeconds: number;
}

/**
 * By visibility for as long as SQS allows. A standard message is published again instead, which starts its receive count and its
 * retention anew, where the redrive policy would take the next receive, and once before its retention ends: so an ETA may lie
 * as far ahead as it likes. A FIFO message keeps its place.
 */
export function planPark({ remaining, held, age, retention, mayGoBack, fifo }: ParkState): ParkPlan {
  const longest = Math.min(remaining, Math.max(0, MAX_VISIBILITY_SECONDS - held - 1));
  if (fifo) return { via: 'visibility', delaySeconds: longest };
  const margin = Math.min(RETENTION_MARGIN_SECONDS, Math.floor(retention / 4));
  const safe = retention - margin - age;
  if (mayGoBack && safe > 0) return { via: 'visibility', delaySeconds: Math.min(longest, safe) };
  return { via: 'republish', delaySeconds: Math.min(remaining, MAX_DELAY_SECONDS, retention - margin) };
}

/** Seconds until a task is due, or 0 when it is due as good as now. */
export function secondsUntilDue(eta: number | undefined, clock: Clock): number {
  const remainingMs = eta === undefined ? 0 : eta - clock.now();
  return remainingMs > WAITED_FOR_MS ? Math.ceil(remainingMs / 1000) : 0;
}

/** Puts a task whose ETA is ahead out of sight without holding it. Resolves with the seconds until it is seen again. */
export async function park(
  delivery: Delivery,
  remaining: number,
  { sender, clock }: { sender: MessageSender; clock: Clock },
): Promise<number> {
  const { via, delaySeconds } = planPark({
    remaining,
    held: Math.ceil((clock.monotonic() - delivery.receivedAt) / 1000),
    age: Math.max(0, Math.ceil((clock.now() - delivery.sentAt) / 1000)),
    retention: delivery.queue.messageRetentionPeriod ?? DEFAULT_RETENTION_SECONDS,
    mayGoBack: mayGoBack(delivery),
    fifo: delivery.queue.fifo,
  });
  if (via === 'visibility') await delivery.release(delaySeconds);
  else await republish(delivery, delaySeconds, sender);
  return delaySeconds;
}
