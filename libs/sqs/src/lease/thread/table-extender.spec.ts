import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { BatchAnswer } from '../../client/sqs-api.js';
import { leaseEnd } from '../lease-plan.js';
import type { ExtensionEntry } from '../main-loop-keeper.js';
import { LeaseTable, slotState } from './lease-table.js';
import type { LeaseThreadReport } from './lease-thread-messages.js';
import { TableExtender } from './table-extender.js';

const record = { grantedAt: 0, seconds: 30, extensionSeconds: 60, receivedAt: 0, extendUntil: Infinity, retryAt: 0 };

interface Bench {
  readonly table: LeaseTable;
  readonly calls: { queue: number; entries: readonly ExtensionEntry[] }[];
  readonly reports: LeaseThreadReport[];
  readonly at: (this: void, now: number) => Promise<void>;
}

function bench(
  answer: (entries: readonly ExtensionEntry[]) => Promise<BatchAnswer> = () => Promise.resolve({}),
): Bench {
  const table = LeaseTable.create(100);
  const calls: Bench['calls'] = [];
  const reports: LeaseThreadReport[] = [];
  let time = 0;
  const extender = new TableExtender({
    table,
    queues: [{ name: 'a' }, { name: 'b' }],
    now: () => time,
    report: (report) => void reports.push(report),
    extend(queue, entries) {
      calls.push({ queue, entries });
      return answer(entries);
    },
  });
  const at = (now: number): Promise<void> => {
    time = now;
    table.beat(now);
    return extender.turn();
  };
  return { table, calls, reports, at };
}

const fill = (table: LeaseTable, slot: number, queue = 0): boolean =>
  table.fill(slot, { record, maxBlockedMs: 600_000, queue, receiptHandle: `handle-${slot}` });

describe('TableExtender', () => {
  it('extends what is due, by queue, in tens', async () => {
    const { table, calls, at, reports } = bench();
    for (let slot = 0; slot < 15; slot++) fill(table, slot, slot < 12 ? 0 : 1);
    await at(17_000);
    expect(calls).toEqual([]);
    await at(18_000);
    expect(calls.map(({ queue, entries }) => [queue, entries.length])).toEqual([
      [0, 10],
      [0, 2],
      [1, 3],
    ]);
    expect(calls[0]?.entries[0]).toEqual({ receiptHandle: 'handle-0', seconds: 60 });
    expect(leaseEnd(table.view(0))).toBe(78_000);
    expect(table.state(0)).toBe(slotState.held);
    expect(reports).toContainEqual({ kind: 'extended', queue: 'a', count: 10 });
  });

  it('takes no lease twice while SQS has not answered', async () => {
    let answer: (value: BatchAnswer) => void = () => undefined;
    const { table, calls, at } = bench(() => new Promise((resolve) => (answer = resolve)));
    fill(table, 0);
    const first = at(18_000);
    await at(18_250);
    expect(calls).toHaveLength(1);
    answer({});
    await first;
  });

  it('frees a slot that was given up meanwhile, and says so', async () => {
    let answer: (value: BatchAnswer) => void = () => undefined;
    const { table, reports, at } = bench(() => new Promise((resolve) => (answer = resolve)));
    fill(table, 0);
    const extending = at(18_000);
    expect(table.exchange(0, slotState.extending, slotState.leaving)).toBe(true);
    answer({ Failed: [{ Id: '0', Code: 'MessageNotInflight', SenderFault: true }] });
    await extending;
    expect(table.state(0)).toBe(slotState.free);
    expect(reports).toContainEqual({ kind: 'freed', slot: 0 });
    expect(reports).not.toContainEqual({ kind: 'lost', slot: 0 });
  });

  it('reports what SQS no longer takes, and tries again what merely failed', async () => {
    let calls = 0;
    const { table, reports, at } = bench(() =>
      calls++ === 0
        ? Promise.reject(new Error('down'))
        : Promise.resolve({ Failed: [{ Id: '0', Code: 'ReceiptHandleIsInvalid', SenderFault: true }] }),
    );
    fill(table, 0);
    await at(18_000);
    expect(table.state(0)).toBe(slotState.held);
    await at(18_100);
    expect(calls).toBe(1);
    await at(21_000);
    expect(table.state(0)).toBe(slotState.lost);
    expect(reports).toEqual([{ kind: 'lost', slot: 0 }]);
  });

  it('extends nothing more, and says so once, when the loop has been blocked for too long', async () => {
    const { table, calls, reports } = bench();
    fill(table, 0);
    table.beat(0);
    const extender = new TableExtender({
      table,
      queues: [{ name: 'a' }],
      now: () => 700_000,
      report: (report) => void reports.push(report),
      extend: () => Promise.reject(new Error('not to be called')),
    });
    table.view(0).grantedAt = 680_000;
    await extender.turn();
    await extender.turn();
    expect(calls).toEqual([]);
    expect(reports).toEqual([{ kind: 'abandoned', blockedMs: 700_000 }]);
  });
});

describe('LeaseTable', () => {
  it('gives back what it was filled with', () => {
    const table = LeaseTable.create(3);
    const handle = fc.string({ maxLength: 300, unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 }),
        handle,
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (slot, receiptHandle, grantedAt) => {
          table.fill(slot, { record: { ...record, grantedAt }, maxBlockedMs: 5, queue: 1, receiptHandle });
          expect(table.receiptHandle(slot)).toBe(receiptHandle);
          expect(table.view(slot).copy()).toEqual({ ...record, grantedAt });
          expect(table.view(slot)).toMatchObject({ maxBlockedMs: 5, queue: 1 });
        },
      ),
    );
  });

  it('refuses handles it cannot hold', () => {
    const table = LeaseTable.create(1);
    const content = { record, maxBlockedMs: 1, queue: 0 };
    expect(table.fill(0, { ...content, receiptHandle: 'x'.repeat(1025) })).toBe(false);
    expect(table.fill(0, { ...content, receiptHandle: '→'.repeat(342) })).toBe(false);
    expect(table.state(0)).toBe(slotState.free);
  });
});
