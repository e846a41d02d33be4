import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Delivery } from '#celery/ports';
import { VirtualClock } from '#sqs-local';

import type { HeldLease } from '../../lease/held-lease.js';
import { gate } from '../../transport.test-support.js';
import { DispatchBench } from '../dispatcher.test-support.js';
import { inOrder } from '../waiting-room.js';
import type { PoolMember } from './pool-member.js';
import { SlotPool } from './slot-pool.js';

const limits = fc.integer({ min: 1, max: 6 });
const groups = fc.constantFrom(undefined, 'a', 'b');
const steps = fc.array(
  fc
    .oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('arrive'), group: groups }) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constantFrom('end', 'acknowledge', 'release', 'aside', 'comeBack'),
          pick: fc.nat(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constantFrom('lose', 'failComingBack', 'abandon'), pick: fc.nat() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume', 'stop') }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('concurrency', 'limit'), to: limits }) },
    )
    .chain((step) => fc.record({ step: fc.constant(step), queue: fc.nat({ max: 2 }) })),
  { maxLength: 80 },
);

type Step = { kind: string; group?: string | undefined; pick?: number; to?: number };

/** A handler that is under way, and what it can be told. */
interface Handling {
  readonly queue: number;
  readonly delivery: Delivery;
  tell(command: string): void;
  comeBack(fail: boolean): void;
}

/** Three queues on one pool, worked by hand. */
class PoolBench {
  readonly handling: Handling[] = [];
  readonly pool: SlotPool;
  readonly queues: DispatchBench[];
  readonly taking = [true, true, true];
  readonly stopped = [false, false, false];
  readonly problems: string[] = [];

  constructor(order: 'weighted' | 'strict', limit: number, concurrencies: readonly number[]) {
    this.pool = new SlotPool({ limit, order });
    const clock = new VirtualClock();
    const rules = [undefined, inOrder, { atOnce: 2, ordered: false }];
    this.queues = concurrencies.map(
      (concurrency, i) =>
        new DispatchBench({
          clock,
          concurrency,
          weight: i + 1,
          pool: this.pool,
          rule: rules[i],
          handle: (delivery) => this.#handle(i, delivery),
        }),
    );
    for (const { seat } of this.queues) seat.join();
  }

  async take({ kind, group, pick = 0, to = 1 }: Step, queue: number): Promise<void> {
    const bench = this.queues[queue]!;
    const { dispatcher, seat } = bench;
    const chosen = this.handling[pick % Math.max(1, this.handling.length)];
    const actions: Record<string, () => void> = {
      arrive: () => void (this.taking[queue] && bench.arrive(group)),
      end: () => chosen?.tell('end'),
      acknowledge: () => chosen?.tell('acknowledge'),
      release: () => chosen?.tell('release'),
      abandon: () => chosen?.tell('abandon'),
      aside: () => chosen?.tell('aside'),
      comeBack: () => chosen?.comeBack(false),
      failComingBack: () => chosen?.comeBack(true),
      lose: () => (chosen?.delivery.lease as HeldLease | undefined)?.lose('refused'),
      pause: () => {
        bench.close();
        this.taking[queue] = false;
      },
      resume: () => {
        if (this.stopped[queue]) return;
        dispatcher.open();
        this.taking[queue] = true;
      },
      stop: () => {
        actions['pause']?.();
        this.stopped[queue] = true;
        seat.leave();
      },
      concurrency: () => (dispatcher.concurrency = to),
      limit: () => this.pool.setLimit(to),
    };
    actions[kind]?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends everything; what comes to run meanwhile, too. */
  async drain(): Promise<void> {
    while (this.handling.length > 0) {
      for (const handling of this.handling.slice()) {
        handling.comeBack(false);
        handling.tell('end');
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #handle(queue: number, delivery: Delivery): Promise<void> {
    const { dispatcher } = this.queues[queue]!;
    this.#check(queue);
    let wake = gate();
    let aside = gate();
    let fail = false;
    const commands: string[] = [];
    const handling: Handling = {
      queue,
      delivery,
      tell: (command) => (commands.push(command), wake.open()),
      comeBack: (failing) => ((fail = failing), aside.open()),
    };
    this.handling.push(handling);
    try {
      for (;;) {
        await wake.opened;
        wake = gate();
        for (const command of commands.splice(0)) {
          if (command === 'end') return;
          if (command === 'acknowledge') return void delivery.acknowledge().catch(() => undefined);
          if (command === 'release') return void delivery.release(0).catch(() => undefined);
          aside = gate();
          const until = aside.opened.then(() => (fail ? Promise.reject(new Error('failed')) : undefined));
          const back = delivery.standAside(until).catch((error: Error) => error.message === 'failed');
          if (command === 'abandon') return;
          if (!(await back)) return;
          if (!dispatcher.running.has(delivery as never)) this.problems.push('came back without a slot');
          this.#check(queue);
        }
      }
    } finally {
      this.handling.splice(this.handling.indexOf(handling), 1);
    }
  }

  /** At the moment in which a slot was given. */
  #check(queue: number): void {
    const { dispatcher } = this.queues[queue]!;
    if (dispatcher.running.size > dispatcher.concurrency) this.problems.push('more than the queue has slots');
    if (this.pool.running > this.pool.limit) this.problems.push('more than the pool has slots');
  }
}

describe('SlotPool', () => {
  it('is never over its limit, leaves no slot idle that is wanted, and loses none, whatever happens in whatever order', async () => {
    const orders = fc.constantFrom('weighted' as const, 'strict' as const);
    const concurrencies = fc.tuple(limits, limits, limits);
    await fc.assert(
      fc.asyncProperty(orders, limits, concurrencies, steps, async (order, limit, each, all) => {
        const bench = new PoolBench(order, limit, each);
        for (const { step, queue } of all) {
          await bench.take(step, queue);
          const wanted = bench.queues.some(({ seat }) => seat.wanting);
          expect(wanted && bench.pool.running < bench.pool.limit).toBe(false);
        }
        await bench.drain();
        expect(bench.problems).toEqual([]);
        expect(bench.pool.running).toBe(0);
        for (const { dispatcher, log } of bench.queues) {
          expect(dispatcher).toMatchObject({ occupied: 0, waiting: 0 });
          expect(log.matching(/^error/)).toEqual([]);
        }
        await refills(bench);
      }),
      { numRuns: 150 },
    );
  });

  it('shares by weight what is free and not expected by another already, among those that receive', () => {
    const pool = new SlotPool({ limit: 20 });
    const member = (weight: number, running: number, expected: number | undefined): PoolMember => ({
      weight,
      running,
      expected,
      wanting: false,
      startNext: () => undefined,
    });
    const [a, b, paused] = [member(1, 2, 4), member(3, 3, 5), member(6, 1, undefined)];
    for (const each of [a, b, paused]) pool.join(each);
    expect(pool.running).toBe(6);
    expect([pool.shareOf(a), pool.shareOf(b)]).toEqual([Math.floor((14 - 5) / 4), Math.floor(((14 - 4) * 3) / 4)]);
    pool.setLimit(4);
    expect(pool.shareOf(b)).toBe(0);
  });

  it.each([0, 1.5, Number.NaN, Infinity])('refuses a limit of %s', (limit) => {
    expect(() => new SlotPool({ limit })).toThrow(/limit of the slot pool must be a whole number from 1, got/);
    expect(() => new SlotPool({ limit: 1 }).setLimit(limit)).toThrow(/whole number/);
  });
});

/** Every slot can be had again. */
async function refills(bench: PoolBench): Promise<void> {
  const alive = bench.queues.filter((_, i) => !bench.stopped[i]);
  bench.pool.setLimit(3);
  for (const queue of alive) {
    queue.dispatcher.open();
    queue.dispatcher.concurrency = 2;
    for (const group of ['a', 'b', 'c']) queue.arrive(group);
  }
  expect(bench.pool.running).toBe(Math.min(3, 2 * alive.length));
  await bench.drain();
  expect(bench.pool.running).toBe(0);
}
