import { WorkerLostError, openForeign, type Delivery, type ForeignMessage } from '#celery';
import type { QuarantineAction } from '../events.js';
import type { Quarantine } from '../quarantine.js';
import type { RawMessageEvents, RawOutcome } from './raw-events.js';
import type { RawHandler, RawHandlers } from './raw-handlers.js';
import { RawMessageRequest } from './raw-message-request.js';
import { reasonText, verdictOf, type RawVerdict, type RawVerdictDeps } from './raw-outcome.js';
import { isCrashLooping } from '../receive-budget.js';
import { reprOfError } from '../shown.js';

export interface RawMessagesDeps extends RawVerdictDeps {
  readonly handlers: RawHandlers;
  readonly quarantine: Pick<Quarantine, 'take'>;
  readonly events: RawMessageEvents;
  /** The text of an error that says more than its `message`. Default: the message. */
  readonly messageOf?: (error: Error) => string | undefined;
}

type Verdict = RawVerdict | { readonly kind: 'succeeded'; readonly runtimeSeconds: number };

/** The way of messages that are not Celery's: to the handler of their queue, and then away. */
export class RawMessages {
  readonly #deps: RawMessagesDeps;

  constructor(deps: RawMessagesDeps) {
    this.#deps = deps;
  }

  /**
   * Has the message handled and settles it. Resolves with false where its queue has no handler: then nothing was done.
   * Rejects when the message could not be settled.
   */
  async take(delivery: Delivery, foreign: ForeignMessage): Promise<boolean> {
    const handler = this.#deps.handlers.get(delivery.queue.name);
    if (!handler) return false;
    const request = new RawMessageRequest(delivery, openForeign(delivery.body, foreign));
    const verdict = this.#withoutHandling(delivery) ?? (await this.#handle(handler, request, delivery));
    const outcome = await this.#settle(verdict, delivery);
    this.#deps.events.emit('rawHandled', { request, outcome });
    return true;
  }

  /** Handling it again would only feed a crash loop. */
  #withoutHandling(delivery: Delivery): Verdict | undefined {
    if (!isCrashLooping(delivery, this.#deps.maxDeliveries, 0)) return undefined;
    const error = new WorkerLostError(`received ${delivery.receiveCount} times without an outcome`);
    return { kind: 'exhausted', error };
  }

  async #handle(handler: RawHandler, request: RawMessageRequest, delivery: Delivery): Promise<Verdict> {
    const { events, clock } = this.#deps;
    events.emit('rawReceived', { request });
    const startedAt = clock.monotonic();
    try {
      await request.run(() => handler(request));
      return { kind: 'succeeded', runtimeSeconds: (clock.monotonic() - startedAt) / 1000 };
    } catch (error) {
      return verdictOf(error, delivery, this.#deps);
    }
  }

  async #settle(verdict: Verdict, delivery: Delivery): Promise<RawOutcome> {
    // Another consumer may have it by now, and its outcome is the one that counts.
    if (delivery.lease.lost) return { kind: 'leaseLost', reason: delivery.lease.signal.reason };
    switch (verdict.kind) {
      case 'succeeded':
      case 'ignored':
        this.#acknowledge(delivery);
        return verdict;
      case 'retried':
      case 'failed':
        await delivery.release(verdict.delaySeconds);
        return verdict;
      case 'rejected':
        return { ...verdict, action: await this.#reject(delivery, verdict.reason) };
      case 'exhausted':
        return { ...verdict, action: await this.#giveUp(delivery, verdict.error) };
    }
  }

  /** As for a task: without a dead-letter queue, a message that its handler refuses is deleted. */
  async #reject(delivery: Delivery, detail: string): Promise<QuarantineAction> {
    if (delivery.queue.redrivePolicy) return this.#deps.quarantine.take(delivery, { reason: 'Reject', detail });
    this.#acknowledge(delivery);
    return 'deleted';
  }

  #giveUp(delivery: Delivery, error: unknown): Promise<QuarantineAction> {
    const detail = reprOfError(error, this.#deps.messageOf);
    return this.#deps.quarantine.take(delivery, { reason: reasonText(error), detail });
  }

  /** Not awaited: the slot is free as soon as the delete is queued, and the lease is kept until SQS has confirmed it. */
  #acknowledge(delivery: Delivery): void {
    delivery.acknowledge().catch((error: unknown) => this.#deps.events.emit('settleFailed', { delivery, error }));
  }
}
