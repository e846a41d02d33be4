/**
 * What ends a request, in the least form the SDK takes: its `AbortSignal` of old, with `onabort`. One of the platform's is made only
 * for who asks for it, as that and its listener cost Node 20 several microseconds a request.
 */
export class RequestEnd {
  /** Set by who makes the request: called when it is to end. */
  onabort: (() => void) | null = null;
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  get aborted(): boolean {
    return this.#ended !== undefined;
  }

  get reason(): unknown {
    return this.#ended?.reason;
  }

  /** The same as the platform's signal. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort(this.#ended.reason);
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    this.onabort?.();
    this.#controller?.abort(reason);
  }
}
