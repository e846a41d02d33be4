import { MAX_DELAY_SECONDS, mayGoBack, type Clock, type Delivery, type MessageSender } from '#celery';
import type { InFlightWatch } from './in-flight-watch.js';
import { republish } from './republish.js';
import { retentionOf, safeAge, visibilityLeft } from './wait-bounds.js';

/** An ETA this close is waited for under the lease: SQS would only see to it to the second, for the price of a receive. */
export const WAITED_FOR_MS = 2_000;

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
  /** Whether the queue's quota of messages in flight allows one more that waits. */
  readonly roomInFlight: boolean;
}

/** How long to put the message out of sight, and by what. */
export interface ParkPlan {
  readonly via: 'visibility' | 'republish';
  readonly delaySeconds: number;
}

/**
 * By visibility for as long as SQS allows. A standard message is published again instead, which starts its receive count and its
 * retention anew, where the redrive policy would take the next receive, where too many of its queue are in flight (delayed
 * messages are not), and once before its retention ends: so an ETA may lie as far ahead as it likes. A FIFO message keeps its
 * place, and is in flight whatever is done with it.
 */
export function planPark({ remaining, held, age, retention, mayGoBack, fifo, roomInFlight }: ParkState): ParkPlan {
  const longest = Math.min(remaining, visibilityLeft(held));
  if (fifo) return { via: 'visibility', delaySeconds: longest };
  const safe = safeAge(retention) - age;
  if (mayGoBack && roomInFlight && safe > 0) return { via: 'visibility', delaySeconds: Math.min(longest, safe) };
  return { via: 'republish', delaySeconds: Math.min(remaining, MAX_DELAY_SECONDS, safeAge(retention)) };
}

/** Seconds until a task is due, or 0 when it is due as good as now. */
export function secondsUntilDue(eta: number | undefined, clock: Clock): number {
  const remainingMs = eta === undefined ? 0 : eta - clock.now();
  return remainingMs > WAITED_FOR_MS ? Math.ceil(remainingMs / 1000) : 0;
}

export interface ParkDeps {
  readonly sender: MessageSender;
  readonly clock: Clock;
  /** Undefined: the quota of messages in flight is not watched. */
  readonly inFlight?: Pick<InFlightWatch, 'mayPark'> | undefined;
}

/** Puts a task whose ETA is ahead out of sight without holding it. Resolves with the seconds until it is seen again. */
export async function park(
  delivery: Delivery,
  remaining: number,
  { sender, clock, inFlight }: ParkDeps,
): Promise<number> {
  const { name, fifo } = delivery.queue;
  const state = {
    remaining,
    held: Math.ceil((clock.monotonic() - delivery.receivedAt) / 1000),
    age: Math.max(0, Math.ceil((clock.now() - delivery.sentAt) / 1000)),
    retention: retentionOf(delivery.queue),
    mayGoBack: mayGoBack(delivery),
    fifo,
  };
  const plan = planPark({ ...state, roomInFlight: true });
  // Asked only for what would be in flight: the answer counts as a parked message.
  const roomInFlight = fifo || plan.via === 'republish' || ((await inFlight?.mayPark(name)) ?? true);
  const { via, delaySeconds } = roomInFlight ? plan : planPark({ ...state, roomInFlight });
  if (via === 'visibility') await delivery.release(delaySeconds);
  else await republish(delivery, delaySeconds, sender);
  return delaySeconds;
}
