/** Messages remembered at a time; the oldest are forgotten first. */
const capacity = 10_000;

/**
 * How often this process received a message and handed it back before it ran. On a FIFO queue the messages behind one that is
 * retried come and go with it: those receives are not attempts of theirs.
 */
export class UnstartedReceives {
  readonly #counts = new Map<string, number>();

  of(messageId: string): number {
    return this.#counts.get(messageId) ?? 0;
  }

  add(messageId: string): void {
    const count = this.of(messageId) + 1;
    // Deleted first: a map keeps the order in which its keys came.
    this.#counts.delete(messageId);
    this.#counts.set(messageId, count);
    if (this.#counts.size <= capacity) return;
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
  }

  forget(messageId: string): void {
    this.#counts.delete(messageId);
  }
}
