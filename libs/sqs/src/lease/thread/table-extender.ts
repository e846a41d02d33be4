import { refusals } from '../../batch/batch-answer.js';
import { maxBatchEntries } from '../../batch/batcher.js';
import type { BatchAnswer } from '../../client/sqs-api.js';
import { groupBy } from '../../group-by.js';
import { applyExtension } from '../apply-extension.js';
import { extensionAt, planExtensions } from '../lease-plan.js';
import type { ExtensionEntry } from '../main-loop-keeper.js';
import { slotState, type LeaseTable } from './lease-table.js';
import type { LeaseThreadReport } from './lease-thread-messages.js';

interface TableExtenderOptions {
  readonly table: LeaseTable;
  readonly queues: readonly { readonly name: string }[];
  /** Monotonic milliseconds of the main thread. */
  now(): number;
  /** Sends one ChangeMessageVisibilityBatch about the queue at this position; entry ids are positions. */
  extend(queue: number, entries: readonly ExtensionEntry[]): Promise<BatchAnswer>;
  report(report: LeaseThreadReport): void;
}

/** Extends the leases of a table: the lease thread's work, apart from the thread. */
export class TableExtender {
  #abandoned = false;

  constructor(private readonly options: TableExtenderOptions) {}

  /** Extends what is due now; resolves when SQS has answered. */
  async turn(): Promise<void> {
    const slots = this.#slotsHeld();
    const { table } = this.options;
    const plan = planExtensions(
      slots.map((slot) => table.view(slot)),
      this.options.now(),
    );
    const chosen = plan.extend.flatMap((index) => slots[index] ?? []);
    const taken = chosen.filter((slot) => table.exchange(slot, slotState.held, slotState.extending));
    const batches = [...groupBy(taken, (slot) => table.view(slot).queue)].flatMap(([queue, ofQueue]) =>
      chunks(ofQueue).map((batch) => this.#extendBatch(queue, batch)),
    );
    await Promise.all(batches);
  }

  /** Slots whose lease may still be kept: the loop of the main thread has turned lately enough. */
  #slotsHeld(): number[] {
    const { table } = this.options;
    const blockedMs = this.options.now() - table.heartbeat;
    const held: number[] = [];
    let abandoned = false;
    for (let slot = 0; slot < table.highWater; slot++) {
      if (table.state(slot) !== slotState.held) continue;
      if (blockedMs <= table.view(slot).maxBlockedMs) held.push(slot);
      else abandoned = true;
    }
    if (abandoned && !this.#abandoned) this.options.report({ kind: 'abandoned', blockedMs });
    this.#abandoned = abandoned;
    return held;
  }

  async #extendBatch(queue: number, slots: readonly number[]): Promise<void> {
    const { table, queues } = this.options;
    const askedAt = this.options.now();
    const entries = slots.map((slot) => ({
      receiptHandle: table.receiptHandle(slot),
      // Something may have changed since the plan; one second more or less does no harm, none would release the message.
      seconds: Math.max(1, extensionAt(table.view(slot), askedAt)),
    }));
    const answers = await this.#ask(queue, entries);
    slots.forEach((slot, i) => this.#settle(slot, { askedAt, seconds: entries[i]?.seconds ?? 1, refusal: answers[i] }));
    const count = answers.filter((refusal) => refusal === undefined).length;
    if (count > 0) this.options.report({ kind: 'extended', queue: queues[queue]?.name ?? '', count });
  }

  async #ask(queue: number, entries: readonly ExtensionEntry[]): Promise<unknown[]> {
    try {
      return refusals(await this.options.extend(queue, entries), entries.length);
    } catch (error) {
      return entries.map(() => error);
    }
  }

  #settle(slot: number, answer: { askedAt: number; seconds: number; refusal: unknown }): void {
    const { table } = this.options;
    const ours = applyExtension(table.view(slot), { ...answer, now: this.options.now() });
    if (table.exchange(slot, slotState.extending, ours ? slotState.held : slotState.lost)) {
      if (!ours) this.options.report({ kind: 'lost', slot });
      return;
    }
    table.exchange(slot, slotState.leaving, slotState.free);
    this.options.report({ kind: 'freed', slot });
  }
}

function chunks(slots: readonly number[]): number[][] {
  const batches: number[][] = [];
  for (let from = 0; from < slots.length; from += maxBatchEntries)
    batches.push(slots.slice(from, from + maxBatchEntries));
  return batches;
}
