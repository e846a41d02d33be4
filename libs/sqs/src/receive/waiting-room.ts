/** What the waiting room has to know of a message. */
export interface Waiting {
  /** SQS's MessageGroupId: messages of one group may have to wait for one another. */
  readonly messageGroupId?: string;
}

/** What holds for the messages of one group. */
export interface GroupRule {
  /** So many of a group may run at the same time. */
  readonly atOnce: number;
  /** Whether later messages may only go on if the earlier ones are done. */
  readonly ordered: boolean;
}

/** FIFO queues: one after the other. */
export const inOrder: GroupRule = { atOnce: 1, ordered: true };

/** A group with something in it: the messages that are ready or running, and what waits behind them. */
interface Lane<Item> {
  readonly admitted: Set<Item>;
  readonly followers: Item[];
}

/**
 * Received messages that wait for a slot. With a {@link GroupRule} a message may also wait for earlier ones of its group; the
 * next one is let in by {@link leave}. Messages without a group only wait for a slot.
 */
export class WaitingRoom<Item extends Waiting> {
  readonly #ready: Item[] = [];
  readonly #lanes = new Map<string, Lane<Item>>();

  constructor(private readonly rule?: GroupRule) {}

  /** Messages that only wait for a slot. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Messages that wait for earlier ones of their group. */
  get blocked(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.followers.length;
    return count;
  }

  add(item: Item): void {
    if (!this.rule || item.messageGroupId === undefined) {
      this.#ready.push(item);
      return;
    }
    const lane = this.#laneOf(item) ?? { admitted: new Set(), followers: [] };
    this.#lanes.set(item.messageGroupId, lane);
    lane.followers.push(item);
    this.#admit(lane, this.rule.atOnce);
  }

  /** The next message to run; it counts for its group until it leaves. */
  next(): Item | undefined {
    return this.#ready.shift();
  }

  /** A message is through, or no longer ours: the next one of its group is ready. Nothing happens for one that has left before. */
  leave(item: Item): void {
    const lane = this.#laneOf(item);
    if (!lane?.admitted.delete(item)) return;
    this.#admit(lane, this.rule?.atOnce ?? Infinity);
    if (lane.admitted.size === 0 && item.messageGroupId !== undefined) this.#lanes.delete(item.messageGroupId);
  }

  /** Takes out what may only go on if a message that has not left is done, in order. */
  takeFollowers(item: Item): Item[] {
    return this.#behind(item)?.splice(0) ?? [];
  }

  /** What may only go on if a message that has not left is done, in order; it stays. */
  followersOf(item: Item): readonly Item[] {
    return this.#behind(item) ?? [];
  }

  /**
   * Takes everything out; each group in order, its first message included. What runs still counts for its group.
   *
   * @param mayTake asked about the waiting messages of a group; those it refuses stay
   */
  takeAll(mayTake: (group: readonly Item[]) => boolean = () => true): Item[] {
    const taken: Item[] = [];
    for (const item of this.#ready.splice(0)) {
      const followers = this.#laneOf(item)?.followers ?? [];
      if (mayTake([item, ...followers])) {
        taken.push(item, ...followers.splice(0));
        this.leave(item);
      } else this.#ready.push(item);
    }
    for (const { followers } of this.#lanes.values()) if (mayTake(followers)) taken.push(...followers.splice(0));
    return taken;
  }

  #admit(lane: Lane<Item>, atOnce: number): void {
    while (lane.admitted.size < atOnce) {
      const item = lane.followers.shift();
      if (!item) return;
      lane.admitted.add(item);
      this.#ready.push(item);
    }
  }

  #behind(item: Item): Item[] | undefined {
    const lane = this.rule?.ordered ? this.#laneOf(item) : undefined;
    return lane?.admitted.has(item) || lane?.followers.includes(item) ? lane.followers : undefined;
  }

  #laneOf(item: Item): Lane<Item> | undefined {
    return item.messageGroupId === undefined ? undefined : this.#lanes.get(item.messageGroupId);
  }
}
