import type { AttemptClaim, ClaimAnswer } from '#celery/ports';

/** What is remembered of an attempt. Moments are monotonic milliseconds. */
export interface Attempt {
  readonly state: 'running' | 'released' | 'settled';
  readonly owner: string;
  readonly messageId: string;
  readonly receiveCount: number;
  /** End of the lease. */
  readonly until: number;
  /** Retries in place before it. */
  readonly attempt: number;
  /** Whether an owner of this very attempt is gone without a decision. */
  readonly lost: boolean;
  readonly decision?: string;
}

/** The answer to a claim, and what is to be remembered then: undefined where nothing changes. */
export interface Claimed {
  readonly answer: ClaimAnswer;
  readonly attempt?: Attempt;
}

/** Decides a claim. The Redis store's script decides alike; the contract suite holds them together. */
export function claimAttempt(known: Attempt | undefined, claim: AttemptClaim, now: number): Claimed {
  if (known?.state === 'settled') return { answer: { kind: 'settled', decision: known.decision ?? '' } };
  const held = known?.state === 'running' && known.owner !== claim.owner;
  if (held && !leaseOver(known, claim, now)) {
    return { answer: { kind: 'running', leaseSeconds: (known.until - now) / 1000 } };
  }
  const attempt = take(known, claim, now, held && known.decision === undefined);
  return { answer: answerOf(attempt), attempt };
}

/** Whether the owner's time has passed, or SQS has shown that it has: it never gives out a message that is leased. */
function leaseOver(known: Attempt, { messageId, receiveCount }: AttemptClaim, now: number): boolean {
  return known.until <= now || (known.messageId === messageId && receiveCount > known.receiveCount);
}

function take(known: Attempt | undefined, claim: AttemptClaim, now: number, ownerGone: boolean): Attempt {
  const { owner, messageId, receiveCount, leaseSeconds } = claim;
  const kept = known ?? { attempt: 0, lost: false };
  return {
    ...kept,
    state: 'running',
    owner,
    messageId,
    receiveCount,
    until: now + leaseSeconds * 1000,
    lost: kept.lost || ownerGone,
  };
}

function answerOf({ attempt, lost, decision }: Attempt): ClaimAnswer {
  return { kind: 'claimed', attempt, lost, ...(decision === undefined ? {} : { decision }) };
}

/** Gives an attempt up. One that is retried has ended, and so has what is known of it. */
export function releaseAttempt(known: Attempt, retried: boolean): Attempt {
  if (!retried) return { ...known, state: 'released' };
  const { decision: _decided, ...rest } = known;
  return { ...rest, state: 'released', attempt: known.attempt + 1, lost: false };
}
