import type { DeliveryHandler, Log } from '#celery/ports';

import type { HeldMessage } from './held-message.js';

/** Runs the handler, and knows how many of its runs have not ended. */
export class Handlers {
  #unfinished = 0;
  #idle: (() => void)[] = [];

  constructor(
    private readonly handle: DeliveryHandler,
    private readonly log: Log,
  ) {}

  get unfinished(): number {
    return this.#unfinished;
  }

  /** Resolves when no handler is left. */
  idle(): Promise<void> {
    if (this.#unfinished === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Never rejects; `ended` is called before anybody hears that nothing is left. */
  async run(message: HeldMessage, ended: () => void): Promise<void> {
    this.#unfinished++;
    try {
      await this.handle(message);
    } catch (error) {
      const { queue, messageId } = message;
      const stack = error instanceof Error ? error.stack : String(error);
      this.log.error(`The handler of message ${messageId} of queue "${queue.name}" rejected`, stack);
    }
    this.#unfinished--;
    ended();
    if (this.#unfinished > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
