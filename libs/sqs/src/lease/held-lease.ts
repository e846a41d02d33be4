import type { Clock, Lease } from '#celery/ports';

import { LeaseLostError, type LeaseLossReason } from '../errors/index.js';
import { leaseEnd, type LeaseTerms } from './lease-plan.js';

/** {@link LeaseTerms} that change as the lease is extended; where they are kept is the keeper's matter. */
export type LeaseRecord = { -readonly [Key in keyof LeaseTerms]: LeaseTerms[Key] };

/** The message a lease is of. */
export interface LeaseSubject {
  /** The queue as the application calls it. */
  readonly queue: string;
  readonly messageId: string;
  readonly receiptHandle: string;
  /** Milliseconds the event loop may be blocked before the lease is given up. */
  readonly maxBlockedMs: number;
}

/** The lease of one held message: kept by a keeper until it is let go or lost. */
export class HeldLease implements Lease {
  #loss: LeaseLossReason | undefined;
  #ended = false;
  #interrupted = false;
  #controller: AbortController | undefined;
  /** Called once when the lease is lost. */
  onLost: ((reason: LeaseLossReason) => void) | undefined;
  /** Its keeper's: the slot of the table that `record` is in, while it is in one. */
  slot: number | undefined;

  constructor(
    readonly subject: LeaseSubject,
    public record: LeaseRecord,
    private readonly clock: Clock,
  ) {}

  /** Compares with the clock itself: a timer that is late because the loop was blocked must not make a lost lease look held. */
  get lost(): boolean {
    return this.lostAt(this.clock.monotonic());
  }

  /** The same for who asks about many leases at once. `now`: `Clock.monotonic` of this turn. */
  lostAt(now: number): boolean {
    if (this.#loss !== undefined) return true;
    return !this.#ended && now >= leaseEnd(this.record);
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      // Whoever asks for it late learns what has happened before.
      if (this.#loss !== undefined) this.#controller.abort(this.error());
      else if (this.#interrupted) this.#controller.abort(this.error('shutdown'));
    }
    return this.#controller.signal;
  }

  extendUntil(monotonicMs: number): void {
    this.record.extendUntil = monotonicMs;
  }

  /** Settled: SQS has deleted or released the message, and the lease can no longer be lost. */
  end(): void {
    this.#ended = true;
  }

  /** Another consumer may have the message from now on. */
  lose(reason: LeaseLossReason): void {
    if (this.#ended || this.#loss !== undefined) return;
    this.#loss = reason;
    this.onLost?.(reason);
    this.#controller?.abort(this.error());
  }

  /** Aborts the signal, though the message is not lost: its delete is under way or done. */
  interrupt(): void {
    this.#interrupted = true;
    this.#controller?.abort(this.error('shutdown'));
  }

  /** What the signal is aborted with, and what settling a lost message is refused with. */
  error(reason: LeaseLossReason = this.#loss ?? 'expired'): LeaseLostError {
    return new LeaseLostError(this.subject.queue, this.subject.messageId, reason);
  }
}
