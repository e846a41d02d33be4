import { mayGoBack, type Delivery, type MessageSender } from '#celery';
import type { QuarantineAction } from './events.js';
import type { DeadLetterReason } from './dead-letters/dead-letter-hook.js';
import type { Quarantine } from './quarantine.js';
import { mayBeParked } from './receive-budget.js';
import type { RedeliveryDelay } from './redelivery-delay.js';
import { HAND_BACKS, republish } from './republish.js';

/** What to do with a task that this fleet does not know. */
export type UnknownTaskPolicy = 'handBack' | 'deadLetter' | 'fail';

/** Receives after which a task that nobody knows is given up. */
const MAX_HAND_BACKS = 20;

export interface NotMineDeps {
  readonly sender: MessageSender;
  readonly quarantine: Quarantine;
  readonly redeliveryDelay: RedeliveryDelay;
  readonly policy?: UnknownTaskPolicy | undefined;
}

/**
 * Messages that another fleet must handle: unknown tasks, content types that are not accepted, steps of workflows that cannot be
 * continued from here. They are handed back with a
 * jittered delay; when the redrive policy would soon move a message that is perfectly healthy elsewhere, it is published
 * again instead. Nothing is stored meanwhile.
 */
export class NotMine {
  readonly #sender: MessageSender;
  readonly #quarantine: Quarantine;
  readonly #redeliveryDelay: RedeliveryDelay;
  readonly #policy: UnknownTaskPolicy;

  constructor({ sender, quarantine, redeliveryDelay, policy = 'handBack' }: NotMineDeps) {
    this.#sender = sender;
    this.#quarantine = quarantine;
    this.#redeliveryDelay = redeliveryDelay;
    this.#policy = policy;
  }

  /**
   * Hands the message back, or gives it up where the policy or the bound says so; `givenUp` is awaited before that, so that what it
   * stores is there when the message is gone.
   */
  async settle(
    delivery: Delivery,
    why: DeadLetterReason,
    givenUp?: () => Promise<void> | undefined,
  ): Promise<'handedBack' | QuarantineAction> {
    const handBacks = earlierHandBacks(delivery) + delivery.receiveCount;
    if (!this.#isGivenUp(delivery, handBacks)) {
      await this.#handBack(delivery, handBacks, why.task);
      return 'handedBack';
    }
    await givenUp?.();
    if (this.#policy !== 'fail') return this.#quarantine.take(delivery, why);
    await delivery.acknowledge();
    return 'deleted';
  }

  #isGivenUp(delivery: Delivery, handBacks: number): boolean {
    if (this.#policy !== 'handBack' || handBacks > MAX_HAND_BACKS) return true;
    // A FIFO message cannot be published again without losing its place; better we move it, and say why, than SQS.
    return !mayBeParked(delivery);
  }

  async #handBack(delivery: Delivery, handBacks: number, task: string | undefined): Promise<void> {
    const { queue } = delivery;
    const delaySeconds = this.#redeliveryDelay.ofRedrive({ queue, receiveCount: handBacks }, task);
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
