import type { Clock } from '#celery/ports';

import { backoffMs } from '../backoff.js';
import { refusals } from '../batch/batch-answer.js';
import { Batcher } from '../batch/batcher.js';
import { awsFailure, type EntryRefused } from '../client/aws-failure.js';
import type { BatchAnswer } from '../client/sqs-api.js';

/** One message to make visible again. */
export interface Release {
  readonly receiptHandle: string;
  /** `VisibilityTimeout`: seconds until it is visible. */
  readonly seconds: number;
  /** When the lease ends by itself (`Clock.monotonic`): from then on there is nothing to release. */
  readonly leaseEnd: number;
}

interface ReleaserOptions {
  readonly clock: Clock;
  /** Sends one ChangeMessageVisibilityBatch; entry ids are positions. */
  changeVisibility(entries: readonly Release[]): Promise<BatchAnswer>;
}

const retryBackoff = { baseMs: 200, maxMs: 5000 };
const noLongerHeld = /^(ReceiptHandleIsInvalid|MessageNotInflight)$/;

/** Makes messages visible again, in batches of what is released in the same turn, in the order of the calls. */
export class Releaser {
  readonly #batcher: Batcher<Release>;

  constructor(private readonly options: ReleaserOptions) {
    this.#batcher = new Batcher<Release>({
      clock: options.clock,
      schedule: (flush) => queueMicrotask(flush),
      send: (entries) => this.#send(entries),
      retryAfter: (reason, failures, release) => this.#retryAfter(reason, failures, release),
    });
  }

  /** Releases that are not confirmed. */
  get pending(): number {
    return this.#batcher.pending;
  }

  /** Resolves once SQS confirmed it, or the message is visible anyway; rejects when SQS refused for good. */
  release(release: Release): Promise<void> {
    return this.#batcher.add(release);
  }

  /** Releases everything now; resolves when nothing is pending. */
  drain(): Promise<void> {
    return this.#batcher.drain();
  }

  /** Gives up what is pending. */
  abandon(reason: unknown): void {
    this.#batcher.abandon(reason);
  }

  async #send(entries: readonly Release[]): Promise<readonly unknown[]> {
    const reasons = refusals(await this.options.changeVisibility(entries), entries.length);
    return reasons.map((reason) => (isNoLongerHeld(reason) ? undefined : reason));
  }

  #retryAfter(reason: unknown, failures: number, release: Release): number | undefined {
    const delayMs = backoffMs(failures, retryBackoff);
    const inTime = this.options.clock.monotonic() + delayMs < release.leaseEnd;
    return inTime && awsFailure(reason).transient ? delayMs : undefined;
  }
}

/** What is no longer in flight is visible already, which is what was asked for. */
function isNoLongerHeld(reason: EntryRefused | undefined): boolean {
  if (reason === undefined) return false;
  return noLongerHeld.test(reason.failure.code) || /not available for visibility timeout/i.test(reason.message);
}
