import type { LeaseRecord } from '../held-lease.js';

/** A lease as the threads share it. */
export interface SlotRecord extends LeaseRecord {
  /** Milliseconds the event loop may be blocked before this lease is given up. */
  maxBlockedMs: number;
  /** Position of its queue in the list that both threads have. */
  queue: number;
}

/** Numbers of a {@link SlotRecord}. */
export const slotFields = 8;

/** A {@link SlotRecord} over shared memory, read and written in place. */
export class SlotView implements SlotRecord {
  constructor(private readonly values: Float64Array) {}

  get grantedAt(): number {
    return this.#read(0);
  }
  set grantedAt(value: number) {
    this.values[0] = value;
  }

  get seconds(): number {
    return this.#read(1);
  }
  set seconds(value: number) {
    this.values[1] = value;
  }

  get extensionSeconds(): number {
    return this.#read(2);
  }
  set extensionSeconds(value: number) {
    this.values[2] = value;
  }

  get receivedAt(): number {
    return this.#read(3);
  }
  set receivedAt(value: number) {
    this.values[3] = value;
  }

  get extendUntil(): number {
    return this.#read(4);
  }
  set extendUntil(value: number) {
    this.values[4] = value;
  }

  get retryAt(): number {
    return this.#read(5);
  }
  set retryAt(value: number) {
    this.values[5] = value;
  }

  get maxBlockedMs(): number {
    return this.#read(6);
  }
  set maxBlockedMs(value: number) {
    this.values[6] = value;
  }

  get queue(): number {
    return this.#read(7);
  }
  set queue(value: number) {
    this.values[7] = value;
  }

  /** Overwrites all of it. */
  fill({ record, maxBlockedMs, queue }: { record: LeaseRecord; maxBlockedMs: number; queue: number }): void {
    const { values } = this;
    values[0] = record.grantedAt;
    values[1] = record.seconds;
    values[2] = record.extensionSeconds;
    values[3] = record.receivedAt;
    values[4] = record.extendUntil;
    values[5] = record.retryAt;
    values[6] = maxBlockedMs;
    values[7] = queue;
  }

  /** The lease as it is now, apart from the shared memory. */
  copy(): LeaseRecord {
    const { grantedAt, seconds, extensionSeconds, receivedAt, extendUntil, retryAt } = this;
    return { grantedAt, seconds, extensionSeconds, receivedAt, extendUntil, retryAt };
  }

  #read(field: number): number {
    return this.values[field] ?? 0;
  }
}
