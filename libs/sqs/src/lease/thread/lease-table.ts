import type { LeaseRecord } from '../held-lease.js';
import { slotFields, SlotView } from './slot-view.js';

/** Whose a slot of the table is. */
export const slotState = {
  /** The main thread may fill it. */
  free: 0,
  /** Either thread may take it. */
  held: 1,
  /** The lease thread asks SQS for a longer lease. */
  extending: 2,
  /** The main thread gave it up meanwhile; the lease thread frees it when it has its answer. */
  leaving: 3,
  /** SQS no longer takes the receipt handle; the main thread frees it. */
  lost: 4,
} as const;

/** A value of {@link slotState}. */
export type SlotState = (typeof slotState)[keyof typeof slotState];

/** What a slot is filled with. */
export interface SlotContent {
  readonly record: LeaseRecord;
  readonly maxBlockedMs: number;
  /** Position of its queue in the list that both threads have. */
  readonly queue: number;
  readonly receiptHandle: string;
}

/** Receipt handles are documented to have up to 1024 characters; the main loop keeps the lease of a longer one. */
const handleBytes = 1024;
const stateBytes = 8;
const fieldBytes = slotFields * 8;
const slotBytes = stateBytes + fieldBytes + handleBytes;
const headerBytes = 16;

/**
 * Leases in memory that two threads share, so that nothing is sent between them for each task. A slot changes hands by
 * compare-and-exchange of its {@link slotState}.
 */
export class LeaseTable {
  readonly size: number;
  readonly #ints: Int32Array;
  readonly #bytes: Buffer;
  readonly #heartbeat: BigInt64Array;
  readonly #views: SlotView[] = [];

  constructor(readonly buffer: SharedArrayBuffer) {
    this.size = (buffer.byteLength - headerBytes) / slotBytes;
    this.#ints = new Int32Array(buffer);
    this.#bytes = Buffer.from(buffer);
    this.#heartbeat = new BigInt64Array(buffer, 0, 1);
  }

  /** Pages that are never touched cost no memory. */
  static create(slots: number): LeaseTable {
    return new LeaseTable(new SharedArrayBuffer(headerBytes + slots * slotBytes));
  }

  /** Slots at and above this have never been used. */
  get highWater(): number {
    return Atomics.load(this.#ints, 2);
  }

  /** Monotonic milliseconds at which the event loop last turned. */
  get heartbeat(): number {
    return Number(Atomics.load(this.#heartbeat, 0));
  }

  beat(now: number): void {
    Atomics.store(this.#heartbeat, 0, BigInt(Math.floor(now)));
  }

  state(slot: number): number {
    return Atomics.load(this.#ints, this.#stateAt(slot));
  }

  /** Changes the state if it is `from`; tells whether it was. */
  exchange(slot: number, from: SlotState, to: SlotState): boolean {
    return Atomics.compareExchange(this.#ints, this.#stateAt(slot), from, to) === from;
  }

  /** The slot's lease. */
  view(slot: number): SlotView {
    const values = this.#offset(slot) + stateBytes;
    return (this.#views[slot] ??= new SlotView(new Float64Array(this.buffer, values, slotFields)));
  }

  receiptHandle(slot: number): string {
    const length = this.#ints[this.#stateAt(slot) + 1] ?? 0;
    // A copy: decoders refuse shared memory.
    return Buffer.from(new Uint8Array(this.buffer, this.#handleAt(slot), length)).toString();
  }

  /** Fills a free slot and hands it over. False: the receipt handle does not fit. */
  fill(slot: number, content: SlotContent): boolean {
    const { receiptHandle } = content;
    const length = Buffer.byteLength(receiptHandle);
    if (length > handleBytes) return false;
    // As many bytes as characters: it is ASCII, as all of AWS's are, and copied as it is.
    this.#bytes.write(receiptHandle, this.#handleAt(slot), length === receiptHandle.length ? 'latin1' : 'utf8');
    this.#ints[this.#stateAt(slot) + 1] = length;
    this.view(slot).fill(content);
    Atomics.store(this.#ints, this.#stateAt(slot), slotState.held);
    if (slot >= this.highWater) Atomics.store(this.#ints, 2, slot + 1);
    return true;
  }

  #offset(slot: number): number {
    return headerBytes + slot * slotBytes;
  }

  #stateAt(slot: number): number {
    return this.#offset(slot) / 4;
  }

  #handleAt(slot: number): number {
    return this.#offset(slot) + stateBytes + fieldBytes;
  }
}
