/** What decides whether and for how long a lease is extended. Moments are `Clock.monotonic` milliseconds. */
export interface LeaseTerms {
  /** The earliest moment at which the present lease can have begun. */
  readonly grantedAt: number;
  /** Length of the present lease in seconds. */
  readonly seconds: number;
  /** Length of the next one in seconds; 0: never extended again. */
  readonly extensionSeconds: number;
  /** When the receive was asked for: SQS allows twelve hours from there. */
  readonly receivedAt: number;
  /** The lease is not extended past this moment. */
  readonly extendUntil: number;
  /** After a failed call: not tried again before. */
  readonly retryAt: number;
}

/** What to extend now, and when to look again. */
export interface ExtensionPlan {
  /** Positions in the given list, the most urgent first. */
  readonly extend: readonly number[];
  /** The next moment at which something is due or a lease ends; Infinity when nothing is held. */
  readonly wakeAt: number;
}

/** Extended when this part of the lease has passed: before two thirds, with room for a repeated call. */
const duePart = 0.6;
/** Once a request is made anyway, leases this far along fill its batch. */
const fillPart = 0.3;
/** A delivery this far into its lease is not begun: too little is left to find out whether it is still ours. */
const stalePart = 2 / 3;
const batchSize = 10;
const longestHoldMs = 43_200_000;
/** Kept from SQS's twelve hours, as its clock is not ours. */
const holdMarginMs = 2000;

/** When the lease ends unless it is extended. */
export function leaseEnd(terms: LeaseTerms): number {
  return terms.grantedAt + terms.seconds * 1000;
}

/** Whether so much of the lease has passed that its message should not be begun any more. */
export function isStale(terms: LeaseTerms, now: number): boolean {
  return now - terms.grantedAt > terms.seconds * 1000 * stalePart;
}

/** Seconds for which SQS would still hide the message now. */
export function longestExtension(terms: Pick<LeaseTerms, 'receivedAt'>, now: number): number {
  return Math.max(0, Math.floor((terms.receivedAt + longestHoldMs - holdMarginMs - now) / 1000));
}

/** Seconds to ask for now; 0 when the lease has ended, may not be extended, or would not become longer. */
export function extensionAt(terms: LeaseTerms, now: number): number {
  const end = leaseEnd(terms);
  if (now >= end) return 0;
  const untilLimit = Math.floor((terms.extendUntil - now) / 1000);
  const seconds = Math.min(terms.extensionSeconds, longestExtension(terms, now), untilLimit);
  return seconds > 0 && now + seconds * 1000 > end ? seconds : 0;
}

/** When the lease should be extended. */
export function dueAt(terms: LeaseTerms): number {
  return Math.max(terms.retryAt, terms.grantedAt + terms.seconds * 1000 * duePart);
}

/** When to try again after a failed call: a quarter of the rest, so that several tries fit into it. */
export function retryAt(terms: LeaseTerms, now: number): number {
  return now + Math.min(Math.max((leaseEnd(terms) - now) / 4, 100), 5000);
}

/** Chooses what to extend at `now`: everything due, and as much of the rest as fills the last batch for free. */
export function planExtensions(leases: readonly LeaseTerms[], now: number): ExtensionPlan {
  const due: number[] = [];
  const fill: number[] = [];
  let wakeAt = Infinity;
  leases.forEach((terms, index) => {
    const kind = urgency(terms, now);
    if (kind === 'due') due.push(index);
    if (kind === 'fill') fill.push(index);
    wakeAt = Math.min(wakeAt, kind === 'due' ? leaseEnd(terms) : nextLook(terms, now));
  });
  const byUrgency = (a: number, b: number): number => dueAt(at(leases, a)) - dueAt(at(leases, b));
  const room = due.length === 0 ? 0 : (batchSize - (due.length % batchSize)) % batchSize;
  return { extend: [...due.sort(byUrgency), ...fill.sort(byUrgency).slice(0, room)], wakeAt };
}

type Urgency = 'due' | 'fill' | 'none';

function urgency(terms: LeaseTerms, now: number): Urgency {
  if (extensionAt(terms, now) === 0 || terms.retryAt > now) return 'none';
  if (dueAt(terms) <= now) return 'due';
  return now - terms.grantedAt >= terms.seconds * 1000 * fillPart ? 'fill' : 'none';
}

/** When to look at a lease again unless something is heard of it before; never in the past, or a loop would spin. */
export function nextLook(terms: LeaseTerms, now: number): number {
  const end = leaseEnd(terms);
  if (end <= now) return Infinity;
  const due = Math.max(dueAt(terms), now);
  return extensionAt(terms, due) === 0 ? end : due;
}

function at(leases: readonly LeaseTerms[], index: number): LeaseTerms {
  const terms = leases[index];
  if (!terms) throw new RangeError(`No lease ${index}.`);
  return terms;
}
