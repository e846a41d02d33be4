import type { Clock, Delivery, MessageSender, TaskPublisher } from '#celery';
import type { Attempt } from '../attempt.js';
import { checkLease } from '../check-lease.js';
import type { Chords } from '../chords/chords.js';
import type { Continuations } from '../continuations.js';
import type { WorkerEvents } from '../events.js';
import type { FollowUps } from '../follow-ups.js';
import { isRecorded } from '../idempotency/claim.js';
import { ClaimLostError } from '../idempotency/claim-lost-error.js';
import type { InFlightWatch } from '../in-flight-watch.js';
import type { Outcome, OutcomeKind } from '../outcome.js';
import type { Quarantine } from '../quarantine.js';
import type { RedeliveryDelay } from '../redelivery-delay.js';
import type { Results } from '../results.js';
import { SETTLE_TABLE } from './settle-table.js';

export interface SettleDeps {
  readonly publisher: TaskPublisher;
  readonly sender: MessageSender;
  readonly quarantine: Quarantine;
  readonly followUps: FollowUps;
  readonly continuations: Continuations;
  /** Undefined: results are disabled. */
  readonly results: Results | undefined;
  /** Undefined: the parts of chords cannot be counted. */
  readonly chords: Chords | undefined;
  readonly events: WorkerEvents;
  readonly clock: Clock;
  /** Node name of this worker, `celery@<host>`. */
  readonly hostname: string;
  readonly maxDeliveries: number;
  readonly redeliveryDelay: RedeliveryDelay;
  /** Undefined: the quota of messages in flight is not watched. */
  readonly inFlight: InFlightWatch | undefined;
  /** Longest representation of arguments in the headers of a retry. */
  readonly argsreprMaxsize: number | undefined;
}

/** Carries out what `outcome` means for the message of `attempt`. Resolves with false where it could not: then the message comes back. */
export async function settle<Kind extends OutcomeKind>(
  outcome: Outcome<Kind>,
  attempt: Attempt,
  deps: SettleDeps,
): Promise<boolean> {
  const { delivery, request } = attempt;
  try {
    checkLease(delivery.lease);
    attempt.claim?.signal.throwIfAborted();
    await SETTLE_TABLE[outcome.kind](outcome, attempt, deps);
    return true;
  } catch (error) {
    if (delivery.lease.lost) deps.events.emit('leaseLost', { request, reason: error });
    else await settleFailed(error, outcome as Outcome, attempt, deps);
    return false;
  }
}

/** As much of an outcome as says whether its task was started. */
interface Ending {
  readonly kind: OutcomeKind;
  readonly terminated?: boolean;
}

async function settleFailed(error: unknown, outcome: Outcome, attempt: Attempt, deps: SettleDeps): Promise<void> {
  const { delivery } = attempt;
  deps.events.emit('settleFailed', { delivery, error });
  await remember(outcome, attempt, deps.events);
  if (isHeld(outcome, attempt)) await giveBack(delivery, deps.redeliveryDelay.ofRedrive(delivery));
}

/** What has run must not run again because its result could not be stored: a copy finds the outcome, and carries on with it. */
async function remember(outcome: Outcome, { claim }: Attempt, events: WorkerEvents): Promise<void> {
  if (!claim || claim.signal.aborted || !isRecorded(outcome)) return;
  // It is to run again: the record would keep it from that.
  if (outcome.kind === 'reject' && outcome.requeue) return;
  try {
    await claim.decide(outcome);
  } catch (error) {
    // The claim was given up before, or the store is down as well.
    if (!(error instanceof ClaimLostError)) events.emit('storeFailed', { store: 'idempotency store', error });
  }
}

const BEFORE_ITS_START = new Set<OutcomeKind>(['expired', 'early', 'postponed', 'duplicate', 'tooManyDeliveries']);

/** Whether the message is still on its queue: an early acknowledgement is made when the task starts. */
function isHeld(outcome: Ending, { task }: Attempt): boolean {
  if (task.options.acksLate || BEFORE_ITS_START.has(outcome.kind)) return true;
  return outcome.kind === 'revoked' && outcome.terminated === false;
}

/** Lets a message that could not be settled come back: by its release or, where even that fails, by the end of its lease. */
export async function giveBack(delivery: Delivery, delaySeconds: number): Promise<void> {
  try {
    await delivery.release(delaySeconds);
  } catch {
    // The transport has logged it; the lease runs out.
  }
}
