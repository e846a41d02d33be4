import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Delivery } from '#celery/ports';
import { LocalSqs, VirtualClock } from '#sqs-local';

import type { ConsumeOptions } from '../../options.js';
import { gate, transportFor, whileTimePasses, type Harness } from '../../transport.test-support.js';
import type { Consumer } from '../consumer.js';
import { SlotPool } from './slot-pool.js';

let sqs: LocalSqs;
let clock: VirtualClock;
let harness: Harness;
let asked: { queue: string; asked: number }[];

beforeEach(async () => {
  clock = new VirtualClock();
  asked = [];
  sqs = await LocalSqs.start({ port: 0, clock });
  for (const name of ['low', 'mid', 'high']) sqs.createQueue(name);
  harness = await transportFor(sqs, clock, {
    queues: ['low', 'mid', 'high'],
    events: { pollSucceeded: (event) => void asked.push(event) },
  });
});
afterEach(async () => {
  await whileTimePasses(clock, harness.close());
  await sqs.close();
});

const sendMany = (queue: string, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, n) => harness.transport.sender.send(queue, { body: `m${n}` })));
const after = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => clock.setTimeout(() => resolve(), milliseconds));
const empty = (): boolean => ['low', 'mid', 'high'].every((name) => sqs.queue(name).messages.length === 0);

/** Queues in the order in which their messages began, and the most that ran at a time. */
class Starts {
  readonly order: string[] = [];
  most = 0;
  #running = 0;

  constructor(private readonly milliseconds: number) {}

  readonly handle = async (delivery: Delivery): Promise<void> => {
    this.order.push(delivery.queue.name);
    this.most = Math.max(this.most, ++this.#running);
    // Not all in one instant, as tasks are not: who wants the next slot can be heard.
    await after(this.milliseconds + (this.order.length % 17) * 7);
    this.#running--;
    void delivery.acknowledge();
  };

  count(queue: string): number {
    return this.order.filter((name) => name === queue).length;
  }
}

/** The longest row of other starts while a queue had messages; the ends are left out, where one of them was empty. */
function longestWithout(queue: string, order: readonly string[]): number {
  const inside = order.slice(order.indexOf(queue), order.lastIndexOf(queue) + 1);
  const rows = inside.join(' ').split(queue);
  return Math.max(...rows.map((row) => row.split(' ').filter(Boolean).length));
}

describe('queues that share slots', () => {
  it('run as many messages as the pool has slots, in proportion to their weights', async () => {
    const pool = new SlotPool({ limit: 5 });
    const starts = new Starts(1000);
    await Promise.all([sendMany('low', 120), sendMany('mid', 120), sendMany('high', 120)]);
    harness.consume('low', { pool, weight: 1 }, starts.handle);
    harness.consume('mid', { pool, weight: 2 }, starts.handle);
    harness.consume('high', { pool, weight: 3 }, starts.handle);
    await clock.advanceUntil(() => starts.order.length >= 120);
    expect(starts.most).toBe(5);
    expect(starts.count('low')).toBeGreaterThanOrEqual(17);
    expect(starts.count('low')).toBeLessThanOrEqual(23);
    expect(starts.count('high')).toBeGreaterThanOrEqual(56);
    expect(starts.count('high')).toBeLessThanOrEqual(64);
  });

  it('run the highest first with strict order, and starve none', async () => {
    const pool = new SlotPool({ limit: 3, order: 'strict' });
    const starts = new Starts(1000);
    await Promise.all([sendMany('low', 5), sendMany('mid', 8), sendMany('high', 100)]);
    for (const [queue, weight] of [
      ['high', 10],
      ['mid', 5],
      ['low', 1],
    ] as const) {
      harness.consume(queue, { pool, weight }, starts.handle);
    }
    await clock.advanceUntil(empty);
    expect(starts.most).toBe(3);
    const whileHigh = starts.order.slice(3, starts.order.lastIndexOf('high') + 1);
    expect(whileHigh.filter((name) => name === 'high').length / whileHigh.length).toBeGreaterThan(0.85);
    expect(longestWithout('low', starts.order)).toBeLessThanOrEqual(15);
    expect(longestWithout('mid', starts.order)).toBeLessThanOrEqual(15);
  });

  it('notice a message of a high queue at once though the pool is full, and hold no more than one each', async () => {
    const pool = new SlotPool({ limit: 4, order: 'strict' });
    const starts = new Starts(10_000);
    await sendMany('low', 50);
    const low = harness.consume('low', { pool, weight: 1 }, starts.handle);
    const high = harness.consume('high', { pool, weight: 9 }, starts.handle);
    await clock.advance(3000);
    expect(low.state).toMatchObject({ running: 4, waiting: 1, polls: 0 });
    expect(high.state).toMatchObject({ running: 0, waiting: 0, polls: 1 });
    await sendMany('high', 3);
    await clock.settle();
    expect(high.state).toMatchObject({ running: 0, waiting: 1 });
    expect(sqs.queue('low').inFlight).toBe(5);
    expect(sqs.queue('high').inFlight).toBe(1);
    await clock.advanceUntil(() => starts.order.length >= 7);
    expect(starts.order.slice(4, 7)).toEqual(['high', 'high', 'high']);
  });

  it('hold as many more as their prefetch says', async () => {
    const pool = new SlotPool({ limit: 2 });
    const { opened } = gate();
    await sendMany('low', 50);
    const low = harness.consume('low', { pool, prefetch: 4 }, () => opened);
    await clock.advance(3000);
    expect(low.state).toMatchObject({ running: 2, waiting: 5 });
  });

  it('fill a free pool with few requests, and only watch a queue that is empty', async () => {
    const pool = new SlotPool({ limit: 40 });
    const starts = new Starts(60_000);
    await sendMany('low', 60);
    harness.consume('mid', { pool, concurrency: 40 }, starts.handle);
    harness.consume('high', { pool, concurrency: 40, weight: 2 }, starts.handle);
    const low = harness.consume('low', { pool, concurrency: 50, weight: 5 }, starts.handle);
    await clock.settle();
    expect(low.state).toMatchObject({ running: 40, waiting: 1 });
    expect(asked.filter(({ queue }) => queue === 'low').length).toBeLessThanOrEqual(15);
    await clock.advance(30_000);
    expect(asked.filter(({ queue }) => queue !== 'low').map((event) => event.asked)).toEqual([1, 1]);
  });

  it('leave a slot to others while a delivery stands aside, and come back in turn', async () => {
    const pool = new SlotPool({ limit: 1 });
    const { opened, open } = gate();
    const order: string[] = [];
    await sendMany('low', 1);
    const low = harness.consume('low', { pool }, async (delivery) => {
      if (!(await delivery.standAside(opened))) return;
      order.push('low');
      void delivery.acknowledge();
    });
    await clock.settle();
    const { opened: finish, open: finishAll } = gate();
    await sendMany('high', 2);
    harness.consume('high', { pool }, async (delivery) => {
      order.push('high');
      await finish;
      void delivery.acknowledge();
    });
    await clock.settle();
    expect(pool.running).toBe(1);
    open();
    await clock.settle();
    expect(low.state).toMatchObject({ running: 0, aside: 1 });
    finishAll();
    await clock.advanceUntil(empty);
    expect(order).toHaveLength(3);
    expect(order[0]).toBe('high');
  });

  it('take new slots at once, and give what a stopped queue leaves to the others', async () => {
    const pool = new SlotPool({ limit: 2 });
    const never = new Promise<void>(() => undefined);
    await Promise.all([sendMany('low', 20), sendMany('high', 20)]);
    const consume = (queue: string, options: ConsumeOptions = {}): Consumer =>
      harness.consume(queue, { pool, ...options }, () => never);
    const low = consume('low');
    await clock.settle();
    const high = consume('high');
    await clock.settle();
    expect(low.state.running).toBe(2);
    pool.setLimit(6);
    await clock.settle();
    expect(pool.running).toBe(6);
    expect(high.state.running).toBeGreaterThanOrEqual(2);
    await whileTimePasses(clock, low.stop({ shutdownTimeoutMs: 0 }));
    await clock.advance(1000);
    expect(high.state.running).toBe(6);
    expect(pool.running).toBe(6);
  });

  it('lose nothing to a queue that pauses', async () => {
    const pool = new SlotPool({ limit: 2 });
    const starts = new Starts(1000);
    await Promise.all([sendMany('low', 20), sendMany('high', 20)]);
    const low = harness.consume('low', { pool }, starts.handle);
    harness.consume('high', { pool }, starts.handle);
    await clock.advance(2000);
    await whileTimePasses(clock, low.pause());
    expect(low.state.waiting).toBe(0);
    await clock.advanceUntil(() => sqs.queue('high').messages.length === 0);
    low.resume();
    await clock.advanceUntil(empty);
    expect(starts.order).toHaveLength(40);
    expect(starts.most).toBe(2);
  });
});
