/** Tells all who wait that the application is closed. A set: an `AbortSignal` is slow with thousands of listeners, and warns. */
export class Closing {
  readonly #stops = new Set<() => void>();
  #closed = false;

  /** Calls `stop` when it is closed, or at once. Gives what takes that back. */
  onClose(stop: () => void): () => void {
    if (this.#closed) stop();
    else this.#stops.add(stop);
    return () => this.#stops.delete(stop);
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#stops.clear();
  }
}
