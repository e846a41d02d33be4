/** Lets the actions of a group happen one after the other, and those of different groups side by side. */
export class GroupTurns {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `action` when all earlier ones of the group have ended, well or not. */
  take(group: string, action: () => Promise<void>): Promise<void> {
    const previous = this.#last.get(group);
    const mine = previous ? previous.then(action) : action();
    const ended: Promise<void> = mine.then(
      () => this.#leave(group, ended),
      () => this.#leave(group, ended),
    );
    this.#last.set(group, ended);
    return mine;
  }

  #leave(group: string, ended: Promise<void>): void {
    if (this.#last.get(group) === ended) this.#last.delete(group);
  }
}
