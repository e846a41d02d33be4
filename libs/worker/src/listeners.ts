/** Is told of what a payload says; whoever tells may wait for its promise. */
export type Listener<Payload> = (payload: Payload) => unknown;

/** Told of what a listener threw, or rejected with. */
export type ListenerErrorHandler = (error: unknown, event: string) => void;

/** Functions by event, and the three ways to call them. `Events`: the payload of each event. */
export class Listeners<Events extends object> {
  readonly #byEvent: { [Event in keyof Events]?: readonly Listener<Events[Event]>[] } = {};
  readonly #unfinished = new Set<Promise<void>>();

  constructor(private readonly onError: ListenerErrorHandler) {}

  /** Calls `listener` at each event of this kind. Answers the function that ends it. */
  on<Event extends keyof Events>(event: Event, listener: Listener<Events[Event]>): () => void {
    // A function of its own: ending one registration leaves another of the same listener alone.
    const registered: Listener<Events[Event]> = (payload) => listener(payload);
    this.#byEvent[event] = [...this.#of(event), registered];
    return () => {
      this.#byEvent[event] = this.#of(event).filter((other) => other !== registered);
    };
  }

  has(event: keyof Events): boolean {
    return this.#byEvent[event] !== undefined && this.#of(event).length > 0;
  }

  /** Calls all and waits for none; never throws. */
  tell<Event extends keyof Events & string>(event: Event, payload: Events[Event]): void {
    const listeners = this.#byEvent[event];
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        this.#follow(event, listener(payload));
      } catch (error) {
        this.onError(error, event);
      }
    }
  }

  /** Calls one after the other and waits for each; never rejects. */
  async ask<Event extends keyof Events & string>(event: Event, payload: Events[Event]): Promise<void> {
    for (const listener of this.#of(event)) {
      try {
        await listener(payload);
      } catch (error) {
        this.onError(error, event);
      }
    }
  }

  /** Calls one after the other and waits for each; rejects with what the first of them throws. */
  async insist<Event extends keyof Events>(event: Event, payload: Events[Event]): Promise<void> {
    for (const listener of this.#of(event)) await listener(payload);
  }

  /** Promises of listeners that nobody waits for and that are not settled. */
  get unfinished(): number {
    return this.#unfinished.size;
  }

  /** Resolves when they are, those that are added meanwhile included. */
  async settled(): Promise<void> {
    while (this.#unfinished.size > 0) await Promise.all(this.#unfinished);
  }

  #of<Event extends keyof Events>(event: Event): readonly Listener<Events[Event]>[] {
    return this.#byEvent[event] ?? [];
  }

  #follow(event: string, returned: unknown): void {
    if (!isThenable(returned)) return;
    const finished: Promise<void> = Promise.resolve(returned)
      .catch((error: unknown) => this.onError(error, event))
      .then(() => void this.#unfinished.delete(finished));
    this.#unfinished.add(finished);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
