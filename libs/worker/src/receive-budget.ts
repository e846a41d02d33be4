import { MAX_VISIBILITY_SECONDS, mayGoBack, type Delivery, type MessageAttributes, type QueueInfo } from '#celery';
import { EARLIER_RECEIVES, earlierReceives, earlierReceivesOf } from './earlier-receives.js';
import { WAITED_FOR_MS } from './park.js';
import { MAX_MESSAGE_ATTRIBUTES } from './republish.js';
import type { ResolvedTaskOptions } from './task-options.js';

/** What every question is about: one receive of a message. */
export type Receive = Pick<
  Delivery,
  'queue' | 'receiveCount' | 'unstartedReceives' | 'firstReceivedAt' | 'messageAttributes'
>;

/** A park may be this much shorter than what SQS allows, for what the message was held before. */
const PARK_SLACK_SECONDS = 60;

/** Of the receives of a message, postponements leave at least this many to real runs, and at least half. */
const MIN_RESERVED_RECEIVES = 2;

/**
 * Whether a healthy message that is for later (its ETA is ahead), or for another fleet, may go back: by visibility where
 * `mayGoBack`, else published again. A FIFO message at its last receive has to be kept under its lease: SQS would move it to the
 * dead-letter queue, and published again it would lose its place.
 */
export function mayBeParked(delivery: Pick<Delivery, 'queue' | 'receiveCount'>): boolean {
  return !delivery.queue.fifo || mayGoBack(delivery);
}

/**
 * Receives at which a task was only parked, as its ETA was ahead: one for each visibility timeout that SQS allows, and never the
 * last two that a redrive policy allows on a FIFO queue, as no message is parked there.
 */
export function receivesForEta({ firstReceivedAt, queue }: Receive, eta: number | undefined): number {
  if (eta === undefined || eta - firstReceivedAt <= WAITED_FOR_MS) return 0;
  const parks = Math.ceil((eta - firstReceivedAt) / ((MAX_VISIBILITY_SECONDS - PARK_SLACK_SECONDS) * 1000));
  const allowed = queue.redrivePolicy ? Math.max(0, queue.redrivePolicy.maxReceiveCount - 2) : Infinity;
  return Math.min(parks, allowed);
}

/**
 * How often a message may have run before this receive, an upper bound: all receives, those before a re-publish included, but the
 * ones that its ETA explains and those at which this process handed it back unstarted.
 */
export function earlierRuns(receive: Receive, explainedReceives: number): number {
  const { receiveCount, unstartedReceives } = receive;
  return (
    earlierReceivesOf(receive.messageAttributes) + Math.max(0, receiveCount - 1 - unstartedReceives - explainedReceives)
  );
}

/** Whether retries of a task on this queue leave its message in place, so that receives are what counts them. */
export function isRetriedInPlace(
  { acksLate, retryVia }: Pick<ResolvedTaskOptions, 'acksLate' | 'retryVia'>,
  queue: Pick<QueueInfo, 'fifo'>,
): boolean {
  return acksLate && (queue.fifo || retryVia === 'visibility');
}

/**
 * The retries before this receive that no header counts, as the message stayed as it was. An upper bound: receives that ended
 * with a dead worker count as well.
 */
export function retriesInPlaceOf(
  options: Pick<ResolvedTaskOptions, 'acksLate' | 'retryVia'>,
  receive: Receive,
  eta: number | undefined,
): number {
  return isRetriedInPlace(options, receive.queue) ? earlierRuns(receive, receivesForEta(receive, eta)) : 0;
}

/**
 * Whether a message was received so often that running it again would only feed a crash loop. Where the queue has a redrive
 * policy, SQS decides that, except for messages that were published again meanwhile. `explainedReceives`: how many receives the
 * message's own ETA explains.
 */
export function isCrashLooping(receive: Receive, maxDeliveries: number, explainedReceives: number): boolean {
  return earlierRuns(receive, explainedReceives) >= mostRuns(receive, maxDeliveries);
}

/** Whether a retry in place would still be delivered to a worker that runs it. */
export function mayRetryInPlace(receive: Receive, maxDeliveries: number, explainedReceives = 0): boolean {
  const { queue, receiveCount } = receive;
  if (receiveCount + 1 > (queue.redrivePolicy?.maxReceiveCount ?? Infinity)) return false;
  return earlierRuns(receive, explainedReceives) + 1 < mostRuns(receive, maxDeliveries);
}

/**
 * Runs that a message gets in all. One that was published again has had postponements taken for runs, up to what those may take: so many
 * more are allowed for.
 */
function mostRuns(receive: Receive, maxDeliveries: number): number {
  const maxReceiveCount = receive.queue.redrivePolicy?.maxReceiveCount;
  const receives = maxReceiveCount ?? maxDeliveries;
  if (earlierReceivesOf(receive.messageAttributes) > 0) return receives + forPostponements(receives);
  return maxReceiveCount === undefined ? maxDeliveries : Infinity;
}

/** How a healthy message waits that cannot run now, under which circumstances. */
export interface PostponeState {
  readonly maxDeliveries: number;
  /** Whether receives are what counts its retries: it is retried in place, and no idempotency store counts them. */
  readonly retriesCountReceives: boolean;
  /** Receives that its ETA explains. */
  readonly explainedReceives: number;
  /** Whether the queue's quota of messages in flight allows one more that waits. */
  readonly roomInFlight: boolean;
}

/**
 * Whether a healthy message that cannot run now (a rate limit, a cap, a copy of it that runs) may leave this worker. If not, it is kept under its
 * lease: on FIFO queues, where it would lose its place, and where there is no room for the attribute that keeps its count.
 */
export function mayBePostponed(receive: Pick<Receive, 'queue' | 'messageAttributes'>): boolean {
  return !receive.queue.fifo && hasRoomForCount(receive);
}

/**
 * By what a healthy message waits that cannot run now.
 *
 * `visibility` is cheapest but spends a receive that nobody can tell from a crash. A message spends at most half of its receives so
 * in its whole life; the other half, and at least two, are for its runs. Never where receives count its retries, nor where
 * the queue's attributes could not be read, as its redrive policy is not known then. `republish` (standard queues) spends no receive:
 * the new message starts at 1 and carries the receives at which the old one may have run ({@link postponeAttributes}), so that
 * what crashes workers between its postponements still comes to its end. `keep` (FIFO queues): under its lease, without a slot.
 */
export function planPostponement(receive: Receive, state: PostponeState): 'visibility' | 'republish' | 'keep' {
  const { fifo } = receive.queue;
  if (mayBePostponedByVisibility(receive, state) && (fifo || state.roomInFlight)) return 'visibility';
  return mayBePostponed(receive) ? 'republish' : 'keep';
}

function mayBePostponedByVisibility(receive: Receive, state: PostponeState): boolean {
  const { queue, receiveCount } = receive;
  if (state.retriesCountReceives || queue.visibilityTimeout === undefined) return false;
  // SQS counts every receive, whatever explains it.
  if (queue.redrivePolicy) {
    return (
      earlierReceivesOf(receive.messageAttributes) + receiveCount <=
      forPostponements(queue.redrivePolicy.maxReceiveCount)
    );
  }
  return earlierRuns(receive, state.explainedReceives) + 1 <= forPostponements(state.maxDeliveries);
}

/** What a postponed message carries when it is published again; nothing where it cannot have run. */
export function postponeAttributes(receive: Receive, explainedReceives: number): MessageAttributes {
  return earlierReceives(earlierRuns(receive, explainedReceives));
}

function forPostponements(receives: number): number {
  return Math.max(0, receives - Math.max(MIN_RESERVED_RECEIVES, Math.ceil(receives / 2)));
}

function hasRoomForCount({ messageAttributes }: Pick<Receive, 'messageAttributes'>): boolean {
  return EARLIER_RECEIVES in messageAttributes || Object.keys(messageAttributes).length < MAX_MESSAGE_ATTRIBUTES;
}
