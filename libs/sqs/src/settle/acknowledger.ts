import type { Clock, Timer } from '#celery/ports';

import { backoffMs } from '../backoff.js';
import { refusals } from '../batch/batch-answer.js';
import { Batcher } from '../batch/batcher.js';
import { awsFailure } from '../client/aws-failure.js';
import type { BatchAnswer } from '../client/sqs-api.js';
import type { HeldLease } from '../lease/held-lease.js';

interface AcknowledgerOptions {
  readonly clock: Clock;
  /** Milliseconds a delete may wait for others. */
  readonly lingerMs: number;
  /** Whether others may still come: some delivery runs that has not been acknowledged. */
  expectsMore(): boolean;
  /** Sends one DeleteMessageBatch; entry ids are positions. */
  deleteBatch(receiptHandles: readonly string[]): Promise<BatchAnswer>;
}

const retryBackoff = { baseMs: 200, maxMs: 5000 };
/** A refusal that is no passing one may still be a policy that is just being changed. */
const refusedAttempts = 6;

/** Deletes messages: full batches at once, others when nothing more is to be expected or the linger is over. */
export class Acknowledger {
  readonly #batcher: Batcher<HeldLease>;
  #linger: Timer | undefined;
  #flush: (() => void) | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(private readonly options: AcknowledgerOptions) {
    this.#batcher = new Batcher<HeldLease>({
      clock: options.clock,
      schedule: (flush) => this.#schedule(flush),
      send: (leases) => this.#send(leases),
      retryAfter: (reason, failures, lease) => retryAfter(reason, failures, lease),
    });
  }

  /** Deletes that are not confirmed. */
  get pending(): number {
    return this.#batcher.pending;
  }

  /** Resolves once SQS confirmed the delete; rejects when it refused for good or the lease was lost. */
  acknowledge(lease: HeldLease): Promise<void> {
    const deleted = this.#batcher.add(lease);
    this.expectLess();
    return deleted;
  }

  /** To be called when less is to be expected: what lingers for nothing leaves at the end of this turn. */
  expectLess(): void {
    if (this.#flush && !this.options.expectsMore()) this.#leaveThisTurn();
  }

  /** Deletes everything now; resolves when nothing is pending. */
  drain(): Promise<void> {
    return this.#batcher.drain();
  }

  /** Gives up what is pending. */
  abandon(reason: unknown): void {
    this.#linger?.cancel();
    clearImmediate(this.#turn);
    this.#batcher.abandon(reason);
  }

  #schedule(flush: () => void): void {
    this.#flush = () => {
      this.#linger?.cancel();
      clearImmediate(this.#turn);
      this.#turn = undefined;
      this.#flush = undefined;
      flush();
    };
    if (this.options.expectsMore()) this.#linger = this.options.clock.setTimeout(this.#flush, this.options.lingerMs);
    else this.#leaveThisTurn();
  }

  /** Not at once: other tasks that end in the same turn of the loop share the request. */
  #leaveThisTurn(): void {
    this.#turn ??= setImmediate(() => this.#flush?.());
  }

  /** A message that was lost meanwhile is another consumer's: it is not deleted. */
  async #send(leases: readonly HeldLease[]): Promise<readonly unknown[]> {
    const now = this.options.clock.monotonic();
    const lost = leases.map((lease) => (lease.lostAt(now) ? lease.error() : undefined));
    const held = leases.filter((_, index) => lost[index] === undefined);
    if (held.length === 0) return lost;
    const handles = held.map(({ subject }) => subject.receiptHandle);
    const refused = refusals(await this.options.deleteBatch(handles), held.length);
    if (held.length === leases.length) return refused;
    const answers = refused.values();
    return lost.map((reason) => reason ?? answers.next().value);
  }
}

/** Deletes are repeated for as long as the lease lasts: giving up means that the task runs again. */
function retryAfter(reason: unknown, failures: number, lease: HeldLease): number | undefined {
  if (lease.lost) return undefined;
  const { code, transient } = awsFailure(reason);
  if (code === 'ReceiptHandleIsInvalid' || code === 'QueueDoesNotExist') return undefined;
  return transient || failures < refusedAttempts ? backoffMs(failures, retryBackoff) : undefined;
}
