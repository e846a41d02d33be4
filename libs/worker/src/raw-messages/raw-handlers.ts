import type { RawMessageRequest } from './raw-message-request.js';

/** Handles one message; what it throws decides what becomes of the message. */
export type RawHandler = (request: RawMessageRequest) => Promise<unknown>;

/** The handlers of messages that are not Celery's, by the Celery name of their queue. */
export class RawHandlers {
  readonly #handlers = new Map<string, RawHandler>();

  /** @throws Error when the queue has a handler */
  add(queue: string, handler: RawHandler): void {
    if (this.#handlers.has(queue)) throw new Error(`Queue '${queue}' has two handlers of raw messages.`);
    this.#handlers.set(queue, handler);
  }

  get(queue: string): RawHandler | undefined {
    return this.#handlers.get(queue);
  }

  /** All queues with a handler, sorted. */
  queues(): string[] {
    return [...this.#handlers.keys()].toSorted();
  }
}
