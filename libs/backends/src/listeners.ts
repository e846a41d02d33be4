/** Who wants to hear of what, by name. One function may be added several times. */
export class Listeners {
  readonly #byName = new Map<string, Set<{ readonly call: () => void }>>();

  /** The names that somebody wants to hear of. */
  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Gives what removes it again; harmless when repeated. */
  add(name: string, call: () => void): () => void {
    const listener = { call };
    const others = this.#byName.get(name);
    if (others) others.add(listener);
    else this.#byName.set(name, new Set([listener]));
    return () => this.#remove(name, listener);
  }

  tell(name: string): void {
    for (const { call } of this.#byName.get(name) ?? []) call();
  }

  #remove(name: string, listener: { readonly call: () => void }): void {
    const listeners = this.#byName.get(name);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#byName.delete(name);
  }
}
