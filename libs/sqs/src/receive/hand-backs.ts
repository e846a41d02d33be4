import type { Log } from '#celery/ports';

import type { HeldMessage } from './held-message.js';
import type { Receiver } from './receiver.js';
import type { Settler } from './settler.js';

interface HandBacksOptions {
  readonly settler: Settler;
  readonly receiver: () => Pick<Receiver, 'polls' | 'settled'>;
  readonly log: Log;
}

/** Hands back what a pause or a stop leaves over, and counts it. */
export class HandBacks {
  readonly #underWay = new Set<Promise<void>>();
  #released = 0;

  constructor(private readonly options: HandBacksOptions) {}

  /** Messages that went back. */
  get released(): number {
    return this.#released;
  }

  /** Begins to hand messages back, each group in order; nobody may settle them any more. */
  begin(messages: readonly HeldMessage[]): void {
    if (messages.length === 0) return;
    const handingBack = this.#handBack(messages).finally(() => this.#underWay.delete(handingBack));
    this.#underWay.add(handingBack);
  }

  /** Resolves when what has been begun has gone back, or could not. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #handBack(messages: readonly HeldMessage[]): Promise<void> {
    const { settler, log } = this.options;
    const receiver = this.options.receiver();
    try {
      const released = await settler.giveBackUnstarted(messages, receiver.polls > 0 ? receiver.settled() : undefined);
      // Not in one expression: several are under way at the same time.
      this.#released += released;
    } catch (error) {
      // Logged where it failed; those leases run out.
      log.debug(String(error));
    }
  }
}
