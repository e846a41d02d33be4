/** What the waiting room has to know of a message. */
export interface Waiting {
  /** Set on FIFO queues: messages of one group run one after the other. */
  readonly messageGroupId?: string;
}

/**
 * Received messages that wait for a slot. With `grouped` (FIFO queues) a message also waits for the earlier ones of its group;
 * a group is let in again by {@link leave}.
 */
export class WaitingRoom<Item extends Waiting> {
  #ready: Item[] = [];
  /** Groups with a message that is ready or running, and what waits behind it. */
  readonly #lanes = new Map<string, Item[]>();

  constructor(private readonly grouped: boolean) {}

  /** Messages that only wait for a slot. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Messages that wait for an earlier one of their group. */
  get blocked(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.length;
    return count;
  }

  add(item: Item): void {
    const group = this.#groupOf(item);
    const lane = group === undefined ? undefined : this.#lanes.get(group);
    if (lane) {
      lane.push(item);
      return;
    }
    if (group !== undefined) this.#lanes.set(group, []);
    this.#ready.push(item);
  }

  /** The next message to run; its group is closed until it leaves. */
  next(): Item | undefined {
    return this.#ready.shift();
  }

  /** A message that was {@link next} is through: the next one of its group is ready. */
  leave(item: Item): void {
    const group = this.#groupOf(item);
    if (group === undefined) return;
    const following = this.#lanes.get(group)?.shift();
    if (following) this.#ready.push(following);
    else this.#lanes.delete(group);
  }

  /** Takes out what waits behind `item` in its group, in order. */
  takeFollowers(item: Item): Item[] {
    const group = this.#groupOf(item);
    return this.#lanes.get(group ?? '')?.splice(0) ?? [];
  }

  /** Takes everything out; each group in order, its first message included. Groups with a running message stay closed. */
  takeAll(): Item[] {
    const ready = this.#ready.splice(0);
    const taken = ready.flatMap((item) => {
      const followers = this.takeFollowers(item);
      this.leave(item);
      return [item, ...followers];
    });
    for (const lane of this.#lanes.values()) taken.push(...lane.splice(0));
    return taken;
  }

  #groupOf(item: Item): string | undefined {
    return this.grouped ? item.messageGroupId : undefined;
  }
}
