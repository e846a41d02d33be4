/** Letters that are remembered; of older ones the result store is asked again. */
const MAX_LETTERS = 10_000;

/** What this process knows of letters by their MessageId, which stays the same at every receive and changes when one is redriven. */
export class LetterMemory {
  readonly #letters = new Map<string, 'done' | 'failed'>();

  constructor(private readonly maxLetters = MAX_LETTERS) {}

  /** Whether there is nothing left to do about it. */
  isDone(messageId: string): boolean {
    return this.#letters.get(messageId) === 'done';
  }

  /** Whether its failure could not be recorded here before. */
  hasFailed(messageId: string): boolean {
    return this.#letters.get(messageId) === 'failed';
  }

  done(messageId: string): void {
    this.#put(messageId, 'done');
  }

  failed(messageId: string): void {
    this.#put(messageId, 'failed');
  }

  #put(messageId: string, state: 'done' | 'failed'): void {
    this.#letters.delete(messageId);
    this.#letters.set(messageId, state);
    if (this.#letters.size <= this.maxLetters) return;
    const [oldest] = this.#letters.keys();
    if (oldest !== undefined) this.#letters.delete(oldest);
  }
}
