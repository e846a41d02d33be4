import { describe, expect, it } from 'vitest';

import type { Clock } from '#celery/ports';

import { Batcher, type BatcherOptions } from './batcher.js';

/** Timers run when the test says so. */
class HandClock implements Clock {
  readonly timers: (() => void)[] = [];
  now = (): number => 0;
  monotonic = (): number => 0;
  setTimeout(callback: () => void): { cancel(): void } {
    this.timers.push(callback);
    return { cancel: () => void this.timers.splice(this.timers.indexOf(callback), 1) };
  }
}

function batcherOf(change: Partial<BatcherOptions<number>> = {}): {
  batcher: Batcher<number>;
  batches: number[][];
  clock: HandClock;
} {
  const batches: number[][] = [];
  const clock = new HandClock();
  const batcher = new Batcher<number>({
    clock,
    schedule: (flush) => queueMicrotask(flush),
    retryAfter: () => undefined,
    ...change,
    send(items) {
      batches.push([...items]);
      return change.send?.(items) ?? Promise.resolve([]);
    },
  });
  return { batcher, batches, clock };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('Batcher', () => {
  it('sends a lone item alone, and what is added in the same turn together', async () => {
    const { batcher, batches } = batcherOf();
    await batcher.add(1);
    await Promise.all([batcher.add(2), batcher.add(3)]);
    expect(batches).toEqual([[1], [2, 3]]);
  });

  it('fills batches of ten in order', async () => {
    const { batcher, batches } = batcherOf();
    await Promise.all(upTo(25).map((n) => batcher.add(n)));
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 5]);
    expect(batches.flat()).toEqual(upTo(25));
  });

  it('splits by bytes, and lets an item that fills a batch travel alone', async () => {
    const { batcher, batches } = batcherOf({ sizeOf: (item) => item, maxBytes: () => 100 });
    await Promise.all([60, 50, 40, 100, 1].map((n) => batcher.add(n)));
    expect(batches).toEqual([[60], [50, 40], [100], [1]]);
  });

  it('lets what waits gather while enough batches are under way', async () => {
    const answers: (() => void)[] = [];
    const send = (): Promise<[]> => new Promise((resolve) => answers.push(() => resolve([])));
    const { batcher, batches } = batcherOf({ send, maxUnderWay: 1 });
    const first = batcher.add(0);
    await Promise.resolve();
    const rest = upTo(12).map((n) => batcher.add(n + 1));
    expect(batches).toEqual([[0]]);
    answers.shift()?.();
    await first;
    while (batcher.pending > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      answers.shift()?.();
    }
    await Promise.all(rest);
    expect(batches.map((batch) => batch.length)).toEqual([1, 10, 2]);
  });

  it('repeats only the failed entries, after the wait it is told', async () => {
    let failing = true;
    const { batcher, batches, clock } = batcherOf({
      send: (items) => Promise.resolve(items.map((item) => (failing && item === 2 ? new Error('no') : undefined))),
      retryAfter: (_, failures) => (failures < 3 ? 100 : undefined),
    });
    const [first, second] = [batcher.add(1), batcher.add(2)];
    await first;
    failing = false;
    expect(batcher.pending).toBe(1);
    clock.timers.shift()?.();
    await second;
    expect(batches).toEqual([[1, 2], [2]]);
  });

  it('rejects what may not be repeated, and only that', async () => {
    const { batcher } = batcherOf({
      send: (items) => Promise.resolve(items.map((item) => (item === 1 ? 'refused' : undefined))),
    });
    const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
    expect(outcomes).toEqual([
      { status: 'rejected', reason: 'refused' },
      { status: 'fulfilled', value: undefined },
    ]);
  });

  it('takes a rejected request for the failure of every entry', async () => {
    const { batcher } = batcherOf({ send: () => Promise.reject(new Error('down')) });
    const outcomes = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  });

  it('drains: repeats at once what waits for a retry, and resolves when all is settled', async () => {
    let calls = 0;
    const { batcher } = batcherOf({
      send: (items) => Promise.resolve(items.map(() => (calls++ === 0 ? new Error('once') : undefined))),
      retryAfter: () => 60_000,
    });
    const added = batcher.add(1);
    await new Promise((resolve) => setImmediate(resolve));
    await batcher.drain();
    await added;
    expect(calls).toBe(2);
  });

  it('abandons: rejects everything, and drains are over', async () => {
    const { batcher } = batcherOf({ send: () => new Promise(() => undefined) });
    const added = batcher.add(1);
    const drained = batcher.drain();
    batcher.abandon('closed');
    await expect(added).rejects.toBe('closed');
    await drained;
  });
});
