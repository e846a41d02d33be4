/** Ends the waits for members of a group together: when the caller's signal says so, and when one of them need no longer go on. */
export class GroupWaits {
  readonly #controller = new AbortController();
  readonly #given: AbortSignal | undefined;

  constructor(given: AbortSignal | undefined) {
    this.#given = given;
    // Not AbortSignal.any: Node 20 keeps what it makes as long as the caller's signal lives.
    given?.addEventListener('abort', this.#stop, { once: true });
    if (given?.aborted) this.#stop();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    this.#given?.removeEventListener('abort', this.#stop);
    this.#controller.abort();
  }

  readonly #stop = (): void => this.#controller.abort(this.#given?.reason);
}

/** What promises come to, in the order in which they settle. Ends with the first that rejects. */
export async function* asSettled<Value>(promises: readonly Promise<Value>[]): AsyncGenerator<Value, void> {
  const settled: Promise<Value>[] = [];
  let wake = (): void => {};
  for (const promise of promises) {
    const settle = (): void => {
      settled.push(promise);
      wake();
    };
    void promise.then(settle, settle);
  }
  for (let left = promises.length; left > 0;) {
    if (settled.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    for (const promise of settled.splice(0)) {
      left -= 1;
      yield await promise;
    }
  }
}
