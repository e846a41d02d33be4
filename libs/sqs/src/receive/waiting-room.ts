/** What the waiting room has to know of a message. */
export interface Waiting {
  /** Set on FIFO queues: messages of one group run one after the other. */
  readonly messageGroupId?: string;
}

/** A FIFO group with something in it: the message that is ready or running, and what waits behind it. */
interface Lane<Item> {
  head: Item;
  readonly followers: Item[];
}

/**
 * Received messages that wait for a slot. With `grouped` (FIFO queues) a message also waits for the earlier ones of its group;
 * a group is let in again by {@link leave}.
 */
export class WaitingRoom<Item extends Waiting> {
  readonly #ready: Item[] = [];
  readonly #lanes = new Map<string, Lane<Item>>();

  constructor(private readonly grouped: boolean) {}

  /** Messages that only wait for a slot. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Messages that wait for an earlier one of their group. */
  get blocked(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.followers.length;
    return count;
  }

  add(item: Item): void {
    const group = this.grouped ? item.messageGroupId : undefined;
    const lane = this.#laneOf(item);
    if (lane) {
      lane.followers.push(item);
      return;
    }
    if (group !== undefined) this.#lanes.set(group, { head: item, followers: [] });
    this.#ready.push(item);
  }

  /** The next message to run; its group is closed until it leaves. */
  next(): Item | undefined {
    return this.#ready.shift();
  }

  /** A message is through, or no longer ours: the next one of its group is ready. Nothing happens for one that has left before. */
  leave(item: Item): void {
    const lane = this.#laneOf(item);
    if (lane?.head !== item) return;
    const following = lane.followers.shift();
    if (following) {
      lane.head = following;
      this.#ready.push(following);
    } else if (item.messageGroupId !== undefined) {
      this.#lanes.delete(item.messageGroupId);
    }
  }

  /** Takes out what waits in the group of a message that has not left, in order. */
  takeFollowers(item: Item): Item[] {
    const lane = this.#laneOf(item);
    const present = lane?.head === item || lane?.followers.includes(item);
    return present ? (lane?.followers.splice(0) ?? []) : [];
  }

  /** Takes everything out; each group in order, its first message included. Groups with a running message stay closed. */
  takeAll(): Item[] {
    const taken = this.#ready.splice(0).flatMap((item) => {
      const followers = this.takeFollowers(item);
      this.leave(item);
      return [item, ...followers];
    });
    for (const lane of this.#lanes.values()) taken.push(...lane.followers.splice(0));
    return taken;
  }

  #laneOf(item: Item): Lane<Item> | undefined {
    return this.grouped ? this.#lanes.get(item.messageGroupId ?? '') : undefined;
  }
}
