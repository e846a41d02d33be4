import { mayGoBack, type Delivery, type MessageSender } from '#celery';
import { backOffSeconds } from './back-off.js';
import type { QuarantineAction } from './events.js';
import type { Quarantine, QuarantineReason } from './quarantine.js';
import { HAND_BACKS, republish } from './republish.js';

/** What to do with a task that this fleet does not know. */
export type UnknownTaskPolicy = 'handBack' | 'deadLetter' | 'fail';

/** Receives after which a task that nobody knows is given up. */
const MAX_HAND_BACKS = 20;

/**
 * Messages that another fleet must handle: unknown tasks, content types that are not accepted, steps of workflows that cannot be
 * continued from here. They are handed back with a
 * jittered delay; when the redrive policy would soon move a message that is perfectly healthy elsewhere, it is published
 * again instead. Nothing is stored meanwhile.
 */
export class NotMine {
  readonly #sender: MessageSender;
  readonly #quarantine: Quarantine;
  readonly #policy: UnknownTaskPolicy;

  constructor(sender: MessageSender, quarantine: Quarantine, policy: UnknownTaskPolicy = 'handBack') {
    this.#sender = sender;
    this.#quarantine = quarantine;
    this.#policy = policy;
  }

  /** Hands the message back, or gives it up where the policy or the bound says so. */
  async settle(delivery: Delivery, why: QuarantineReason): Promise<'handedBack' | QuarantineAction> {
    if (this.#policy === 'fail') {
      await delivery.acknowledge();
      return 'deleted';
    }
    const handBacks = earlierHandBacks(delivery) + delivery.receiveCount;
    // A FIFO message cannot be published again without losing its place; better we move it, and say why, than SQS.
    const lastReceive = delivery.queue.fifo && !mayGoBack(delivery);
    if (this.#policy === 'deadLetter' || handBacks > MAX_HAND_BACKS || lastReceive) {
      return this.#quarantine.take(delivery, why);
    }
    await this.#handBack(delivery, handBacks);
    return 'handedBack';
  }

  async #handBack(delivery: Delivery, handBacks: number): Promise<void> {
    const delaySeconds = backOffSeconds(handBacks);
    if (mayGoBack(delivery)) return delivery.release(delaySeconds);
    return republish(delivery, delaySeconds, this.#sender, {
      [HAND_BACKS]: { DataType: 'Number', StringValue: String(handBacks) },
    });
  }
}

function earlierHandBacks(delivery: Delivery): number {
  const count = Number(delivery.messageAttributes[HAND_BACKS]?.StringValue ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}
