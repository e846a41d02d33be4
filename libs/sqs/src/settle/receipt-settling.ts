import type { Clock } from '#celery/ports';

import { backoffMs } from '../backoff.js';
import { refusals } from '../batch/batch-answer.js';
import { Batcher } from '../batch/batcher.js';
import { awsFailure } from '../client/aws-failure.js';
import { AcknowledgeFailedError, ReleaseFailedError } from '../errors/index.js';
import { longestExtension } from '../lease/lease-plan.js';
import type { ManagedQueue } from '../queue/managed-queue.js';
import { isDenied } from '../queue/queue-failure.js';
import { queueReleaser } from './queue-settling.js';
import type { Releaser } from './releaser.js';

/** A message that somebody else has received for us. Moments are `Clock.monotonic` milliseconds. */
export interface Receipt {
  readonly messageId: string;
  readonly receiptHandle: string;
  /** The earliest moment at which it can have been received: SQS allows twelve hours from there. */
  readonly receivedAt: number;
  /** Until when requests for it are repeated. */
  readonly until: number;
}

const retryBackoff = { baseMs: 200, maxMs: 5000 };

/** Deletes and releases messages of one queue of which this process knows the receipts only. What happens in one turn is one request. */
export class ReceiptSettling {
  readonly #queue: string;
  readonly #clock: Clock;
  readonly #releaser: Releaser;
  readonly #deletes: Batcher<Receipt>;

  constructor(queue: ManagedQueue, clock: Clock) {
    const { info, pooled } = queue;
    this.#queue = info.name;
    this.#clock = clock;
    this.#releaser = queueReleaser(queue, clock);
    this.#deletes = new Batcher<Receipt>({
      clock,
      schedule: (flush) => queueMicrotask(flush),
      send: async (receipts) => {
        const entries = receipts.map(({ receiptHandle }, i) => ({ Id: String(i), ReceiptHandle: receiptHandle }));
        const answer = await pooled.api.deleteBatch(info.name, { QueueUrl: info.url, Entries: entries });
        return refusals(answer, receipts.length);
      },
      retryAfter: (reason, failures, { until }) => this.#retryAfter(reason, failures, until),
    });
  }

  /**
   * Resolves once SQS confirmed the delete.
   * @throws (rejects) AcknowledgeFailedError
   */
  async delete(receipt: Receipt): Promise<void> {
    try {
      await this.#deletes.add(receipt);
    } catch (error) {
      throw new AcknowledgeFailedError(this.#queue, receipt.messageId, awsFailure(error).code, { cause: error });
    }
  }

  /**
   * Makes the message visible again after so many seconds, or as many as SQS allows. Resolves with `denied` where
   * `sqs:ChangeMessageVisibility` is not allowed: the message comes back when its visibility timeout ends.
   * @throws (rejects) ReleaseFailedError
   */
  async release(receipt: Receipt, delaySeconds: number): Promise<'released' | 'denied'> {
    const { messageId, receiptHandle, until } = receipt;
    const longest = longestExtension(receipt, this.#clock.monotonic());
    const seconds = Math.max(0, Math.min(Math.ceil(delaySeconds), longest));
    try {
      await this.#releaser.release({ receiptHandle, seconds, leaseEnd: until });
      return 'released';
    } catch (error) {
      const { code } = awsFailure(error);
      if (isDenied(code)) return 'denied';
      throw new ReleaseFailedError(this.#queue, messageId, code, { cause: error });
    }
  }

  #retryAfter(reason: unknown, failures: number, until: number): number | undefined {
    const delayMs = backoffMs(failures, retryBackoff);
    const inTime = this.#clock.monotonic() + delayMs < until;
    return inTime && awsFailure(reason).transient ? delayMs : undefined;
  }
}
