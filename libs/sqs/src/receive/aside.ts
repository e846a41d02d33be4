import type { HeldMessage } from './held-message.js';

/** Answers a delivery that stood aside: whether it has a slot again. */
type Answer = (back: boolean) => void;

/** Deliveries without a slot whose handlers go on: they wait for something, then for a slot. */
export class Aside {
  readonly #waiting = new Map<HeldMessage, Answer>();
  readonly #returning = new Map<HeldMessage, Answer>();

  get size(): number {
    return this.#waiting.size + this.#returning.size;
  }

  /** Those that do not want a slot yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Those that wait for a slot. */
  get returning(): number {
    return this.#returning.size;
  }

  /**
   * Waits for `until` to settle, calls `onReturning`, and waits for {@link callBack}. Resolves with false when the message is
   * dismissed or its lease is lost before.
   */
  stand(message: HeldMessage, until: Promise<void>, onReturning: () => void): Promise<boolean> {
    const { signal } = message.lease;
    const lost = (): void => this.dismiss(message);
    signal.addEventListener('abort', lost, { once: true });
    const back = new Promise<boolean>((resolve) => {
      this.#waiting.set(message, (answer) => {
        signal.removeEventListener('abort', lost);
        resolve(answer);
      });
    });
    const wanted = (): void => {
      if (this.#wantBack(message)) onReturning();
    };
    until.then(wanted, wanted);
    return back;
  }

  /** Takes out the one that has waited longest for a slot; it goes on once it is answered. */
  callBack(): { readonly message: HeldMessage; readonly answer: Answer } | undefined {
    for (const [message, answer] of this.#returning) {
      this.#returning.delete(message);
      return { message, answer };
    }
    return undefined;
  }

  /** The message is no longer ours, or its handler has ended. Nothing happens for one that does not stand aside. */
  dismiss(message: HeldMessage): void {
    const answer = this.#waiting.get(message) ?? this.#returning.get(message);
    this.#waiting.delete(message);
    this.#returning.delete(message);
    answer?.(false);
  }

  dismissAll(which: (message: HeldMessage) => boolean = () => true): HeldMessage[] {
    const dismissed = [...this.#returning.keys(), ...this.#waiting.keys()].filter(which);
    for (const message of dismissed) this.dismiss(message);
    return dismissed;
  }

  #wantBack(message: HeldMessage): boolean {
    const answer = this.#waiting.get(message);
    if (!answer) return false;
    this.#waiting.delete(message);
    this.#returning.set(message, answer);
    return true;
  }
}
