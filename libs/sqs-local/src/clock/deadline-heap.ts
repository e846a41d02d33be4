/** An entry of a {@link DeadlineHeap}: something that happens at a time. */
export interface Deadline {
  /** Monotonic milliseconds. */
  readonly at: number;
  /** What happens then. */
  readonly run: () => void;
}

interface Slot extends Deadline {
  at: number;
  /** Breaks ties: deadlines of one instant run in the order they were set. */
  serial: number;
  /** Position in the heap, -1 when not in it. */
  index: number;
}

function before(a: Slot, b: Slot): boolean {
  return a.at < b.at || (a.at === b.at && a.serial < b.serial);
}

/**
 * A binary heap of deadlines in which an entry knows its own place, so that cancelling one costs O(log n) as well and
 * leaves nothing behind: 100 000 messages in flight are 100 000 entries and one timer.
 */
export class DeadlineHeap {
  private readonly slots: Slot[] = [];
  private serial = 0;
  private compared = 0;

  /** How many deadlines are pending. */
  get size(): number {
    return this.slots.length;
  }

  /** Comparisons made so far: the work done, for tests that must not measure time. */
  get comparisons(): number {
    return this.compared;
  }

  /** The time of the earliest deadline, in monotonic milliseconds. */
  get nextAt(): number | undefined {
    return this.slots[0]?.at;
  }

  add(at: number, run: () => void): Deadline {
    const slot: Slot = { at, run, serial: this.serial++, index: this.slots.length };
    this.slots.push(slot);
    this.rise(slot);
    return slot;
  }

  /** Takes `deadline` out; harmless when it has run or was cancelled already. */
  cancel(deadline: Deadline): void {
    const slot = this.slots[(deadline as Slot).index];
    if (slot === deadline) this.removeAt(slot);
  }

  /** Takes out and returns the earliest deadline that is due at `now`. */
  popDue(now: number): Deadline | undefined {
    const first = this.slots[0];
    if (first === undefined || first.at > now) return undefined;
    this.removeAt(first);
    return first;
  }

  clear(): void {
    for (const slot of this.slots) slot.index = -1;
    this.slots.length = 0;
  }

  private removeAt(slot: Slot): void {
    const last = this.slots.pop();
    if (last !== undefined && last !== slot) {
      this.place(last, slot.index);
      this.rise(last);
      this.sink(last);
    }
    slot.index = -1;
  }

  private rise(slot: Slot): void {
    while (slot.index > 0) {
      const parent = this.slots[(slot.index - 1) >> 1];
      if (parent === undefined || !this.earlier(slot, parent)) return;
      this.swap(slot, parent);
    }
  }

  private sink(slot: Slot): void {
    for (;;) {
      const child = this.earlierChild(slot);
      if (child === undefined || !this.earlier(child, slot)) return;
      this.swap(child, slot);
    }
  }

  private earlierChild(slot: Slot): Slot | undefined {
    const left = this.slots[2 * slot.index + 1];
    const right = this.slots[2 * slot.index + 2];
    if (left === undefined || right === undefined) return left;
    return this.earlier(right, left) ? right : left;
  }

  private earlier(a: Slot, b: Slot): boolean {
    this.compared++;
    return before(a, b);
  }

  private swap(a: Slot, b: Slot): void {
    const place = a.index;
    this.place(a, b.index);
    this.place(b, place);
  }

  private place(slot: Slot, index: number): void {
    this.slots[index] = slot;
    slot.index = index;
  }
}
