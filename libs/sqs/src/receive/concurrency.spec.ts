import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Delivery } from '#celery/ports';
import { LocalSqs, VirtualClock } from '#sqs-local';

import { gate, transportFor, whileTimePasses, type Harness } from '../transport.test-support.js';

let sqs: LocalSqs;
let clock: VirtualClock;
let harness: Harness;

beforeEach(async () => {
  clock = new VirtualClock();
  sqs = await LocalSqs.start({ port: 0, clock });
  sqs.createQueue('q');
  sqs.createQueue('q.fifo', { attributes: { ContentBasedDeduplication: 'true' } });
  harness = await transportFor(sqs, clock, { queues: ['q', 'q.fifo'] });
});
afterEach(async () => {
  await whileTimePasses(clock, harness.close());
  await sqs.close();
});

const sendMany = (count: number, messageGroupId?: string): Promise<unknown> =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      harness.transport.sender.send('q', { body: `m${n}`, ...(messageGroupId ? { messageGroupId } : {}) }),
    ),
  );
const after = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => clock.setTimeout(() => resolve(), milliseconds));
const empty = (): boolean => sqs.queue('q').messages.length === 0;

describe('slots', () => {
  it('stay busy with tasks of 10 ms and of 10 s mixed: no batch waits for its slowest', async () => {
    const order = Array.from({ length: 330 }, (_, n) => (n % 3 === 0 ? 'slow' : 'quick'));
    await Promise.all(order.map((body) => harness.transport.sender.send('q', { body })));
    let running = 0;
    let busyMs = 0;
    let lastAt = clock.monotonic();
    const change = (by: number): void => {
      busyMs += running * (clock.monotonic() - lastAt);
      lastAt = clock.monotonic();
      running += by;
    };
    let done = 0;
    const consumer = harness.consume('q', { concurrency: 50 }, async (delivery) => {
      change(+1);
      await after(delivery.body === 'slow' ? 10_000 : 10);
      change(-1);
      done++;
      void delivery.acknowledge();
    });
    // While there is a backlog every slot has something to do, whatever else the slots near it do.
    await clock.advanceUntil(() => sqs.queue('q').visible === 0);
    change(0);
    expect(busyMs / (50 * clock.monotonic())).toBeGreaterThan(0.95);
    expect(consumer.state.running).toBeLessThanOrEqual(50);
    expect(done).toBeGreaterThan(200);
  });

  it('never hold more than one message at concurrency 1, between tasks neither', async () => {
    await sendMany(40);
    let most = 0;
    const look = (): void => void (most = Math.max(most, sqs.queue('q').inFlight));
    harness.consume('q', { concurrency: 1, ackLingerMs: 0 }, async (delivery) => {
      look();
      await after(250);
      look();
      await delivery.acknowledge();
      look();
    });
    await clock.advanceUntil(() => (look(), empty()));
    expect(most).toBe(1);
  });
});

describe('setConcurrency', () => {
  it('polls for new slots at once, and lets what runs above a smaller number end', async () => {
    await sendMany(30);
    const gates: (() => void)[] = [];
    const consumer = harness.consume('q', { concurrency: 1 }, async (delivery) => {
      const { opened, open } = gate();
      gates.push(open);
      await opened;
      await delivery.acknowledge();
    });
    await clock.settle();
    expect(consumer.state).toMatchObject({ concurrency: 1, running: 1 });
    const grownAt = clock.monotonic();
    consumer.setConcurrency(20);
    await clock.settle();
    expect(clock.monotonic()).toBe(grownAt);
    expect(consumer.state).toMatchObject({ concurrency: 20, running: 11 });
    // Nine are no whole batch, and are asked for after a moment.
    await clock.advance(5);
    expect(consumer.state).toMatchObject({ concurrency: 20, running: 20 });
    consumer.setConcurrency(2);
    expect(consumer.state).toMatchObject({ concurrency: 2, running: 20 });
    for (const open of gates.splice(0, 17)) open();
    await clock.advance(1000);
    expect(consumer.state).toMatchObject({ running: 3, waiting: 0 });
    expect(gates).toHaveLength(3);
    for (const open of gates.splice(0, 2)) open();
    await clock.advance(1000);
    expect(consumer.state.running).toBe(2);
    expect(sqs.queue('q').inFlight).toBe(2);
    for (const open of gates.splice(0)) open();
  });

  it('holds for a consumer that is paused or not started', async () => {
    await sendMany(9);
    const { opened } = gate();
    const consumer = harness.transport.consume('q', {}, () => opened);
    consumer.setConcurrency(2);
    consumer.start();
    await clock.settle();
    expect(consumer.state.running).toBe(2);
    await whileTimePasses(clock, consumer.pause());
    consumer.setConcurrency(5);
    await clock.settle();
    expect(consumer.state.running).toBe(2);
    consumer.resume();
    await clock.settle();
    expect(consumer.state.running).toBe(5);
    await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 0 }));
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses %s', (value) => {
    const consumer = harness.transport.consume('q', {}, () => Promise.resolve());
    expect(() => consumer.setConcurrency(value)).toThrow(
      expect.objectContaining({ code: 'SQS_CELERY_INVALID_SETTING', setting: 'concurrency of queue "q"' }),
    );
    expect(consumer.state.concurrency).toBe(10);
  });

  it.each([{ concurrency: 0 }, { weight: 0.5 }, { groupConcurrency: 0 }])('refuses a queue with %s', (options) => {
    expect(() => harness.transport.consume('q', options, () => Promise.resolve())).toThrow(
      /must be a whole number from 1/,
    );
  });
});

describe('pausing', () => {
  const quiet = async (consumer: { readonly state: { readonly polls: number } }): Promise<void> => {
    const before = harness.requests['ReceiveMessage'];
    await clock.advance(60_000);
    expect(consumer.state.polls).toBe(0);
    expect(harness.requests['ReceiveMessage']).toBe(before);
  };

  it('is done when the first pause is, however often it is asked for', async () => {
    await sendMany(4);
    const { opened, open } = gate();
    const consumer = harness.consume('q', { concurrency: 1, prefetch: 9 }, () => opened);
    await clock.settle();
    sqs.fail({ how: 'error', action: 'ChangeMessageVisibilityBatch', code: 'ServiceUnavailable', status: 503 });
    const visible: number[] = [];
    const paused = [consumer.pause(), consumer.pause()].map((pause) =>
      pause.then(() => visible.push(sqs.queue('q').visible)),
    );
    await whileTimePasses(clock, Promise.all(paused));
    expect(visible).toEqual([3, 3]);
    await whileTimePasses(clock, consumer.pause());
    await quiet(consumer);
    open();
  });

  it('leaves the polls alone when it is taken back at once', async () => {
    await sendMany(1);
    const ran: Delivery[] = [];
    const consumer = harness.consume('q', {}, async (delivery) => {
      ran.push(delivery);
      void delivery.acknowledge();
    });
    await clock.settle();
    const requests = harness.requests['ReceiveMessage'];
    const paused = consumer.pause();
    consumer.resume();
    await whileTimePasses(clock, paused);
    await clock.advance(1000);
    expect(consumer.state).toMatchObject({ mode: 'running', polls: 1 });
    expect(harness.requests['ReceiveMessage']).toBe(requests);
    await sendMany(1);
    await clock.settle();
    expect(ran.map((delivery) => delivery.receiveCount)).toEqual([1, 1]);
  });

  it('ends as the last word says after many changes of mind', async () => {
    const consumer = harness.consume('q', {}, async (delivery) => void delivery.acknowledge());
    const pauses: Promise<void>[] = [];
    for (let n = 0; n < 5; n++) {
      pauses.push(consumer.pause());
      consumer.resume();
    }
    pauses.push(consumer.pause());
    await whileTimePasses(clock, Promise.all(pauses));
    await quiet(consumer);
    consumer.resume();
    consumer.resume();
    await clock.settle();
    expect(consumer.state).toMatchObject({ mode: 'running', polls: 1 });
  });

  it('before the start keeps it from polling until it is resumed', async () => {
    const consumer = harness.transport.consume('q', {}, async (delivery) => void delivery.acknowledge());
    await consumer.pause();
    consumer.start();
    await quiet(consumer);
    expect(consumer.state.mode).toBe('paused');
    consumer.resume();
    await sendMany(1);
    await clock.advanceUntil(empty);
    await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 0 }));
  });

  it('and resuming change nothing once it stops', async () => {
    const { opened, open } = gate();
    await sendMany(1);
    const consumer = harness.consume('q', {}, async (delivery) => {
      await opened;
      void delivery.acknowledge();
    });
    await clock.settle();
    const stopped = consumer.stop({ shutdownTimeoutMs: 30_000 });
    await consumer.pause();
    consumer.resume();
    expect(consumer.state).toMatchObject({ mode: 'stopping', running: 1 });
    open();
    const report = await whileTimePasses(clock, stopped);
    expect(report).toEqual({ released: 0, aborted: 0, unconfirmed: 0 });
    consumer.start();
    consumer.resume();
    await consumer.pause();
    expect(consumer.state.mode).toBe('stopped');
    await quiet(consumer);
  });

  it('is over by a stop that comes meanwhile', async () => {
    await sendMany(4);
    const { opened, open } = gate();
    const consumer = harness.consume('q', { concurrency: 1, prefetch: 9 }, async (delivery) => {
      await opened;
      void delivery.acknowledge();
    });
    await clock.settle();
    const paused = consumer.pause();
    const stopped = consumer.stop({ shutdownTimeoutMs: 30_000 });
    open();
    expect(await whileTimePasses(clock, stopped)).toEqual({ released: 3, aborted: 0, unconfirmed: 0 });
    await paused;
    expect(sqs.queue('q')).toMatchObject({ visible: 3, inFlight: 0 });
  });

  it('does not bring what it hands back to the poll that is still out', async () => {
    await Promise.all(['1', '2'].map((body) => harness.transport.sender.send('q.fifo', { body, messageGroupId: 'g' })));
    const receives: number[] = [];
    const consumer = harness.consume('q.fifo', { concurrency: 2 }, async (delivery) => {
      receives.push(delivery.receiveCount);
      if (await delivery.standAside(new Promise(() => undefined))) void delivery.acknowledge();
    });
    await clock.advance(1000);
    expect(consumer.state).toMatchObject({ aside: 1, polls: 1 });
    await whileTimePasses(clock, consumer.pause());
    expect(sqs.queue('q.fifo').messages.map((message) => [message.receiveCount, message.state])).toEqual([
      [1, 'visible'],
      [1, 'visible'],
    ]);
  });
});

describe('groupConcurrency on a standard queue', () => {
  it('bounds what runs of each group, and other messages pass', async () => {
    const running = new Map<string, number>();
    const most = new Map<string, number>();
    const starts: string[] = [];
    await sendMany(30, 'noisy');
    await sendMany(4, 'quiet');
    await sendMany(4);
    harness.consume('q', { concurrency: 10, groupConcurrency: 2 }, async (delivery) => {
      const group = delivery.messageGroupId ?? 'none';
      starts.push(group);
      running.set(group, (running.get(group) ?? 0) + 1);
      most.set(group, Math.max(most.get(group) ?? 0, running.get(group) ?? 0));
      await after(1000);
      running.set(group, (running.get(group) ?? 0) - 1);
      void delivery.acknowledge();
    });
    await clock.advanceUntil(empty);
    expect(most).toEqual(
      new Map([
        ['noisy', 2],
        ['quiet', 2],
        ['none', 4],
      ]),
    );
    expect(starts).toHaveLength(38);
    expect(starts.lastIndexOf('quiet')).toBeLessThan(20);
  });

  it('holds ten waiting messages of a group for each slot, and no more', async () => {
    await sendMany(60, 'noisy');
    const { opened } = gate();
    const consumer = harness.consume('q', { concurrency: 2, groupConcurrency: 1 }, () => opened);
    await clock.advance(60_000);
    expect(consumer.state.running).toBe(1);
    expect(consumer.state.waiting).toBeGreaterThanOrEqual(20);
    expect(consumer.state.waiting).toBeLessThanOrEqual(22);
  });

  it('lets the next one run as soon as one of its group is lost, though its handler goes on', async () => {
    await sendMany(2, 'g');
    const starts: number[] = [];
    const { opened, open } = gate();
    harness.consume('q', { concurrency: 5, groupConcurrency: 1 }, async (delivery) => {
      starts.push(clock.monotonic());
      if (starts.length > 1) return void delivery.acknowledge();
      delivery.lease.signal.addEventListener('abort', () => sqs.clearFaults());
      delivery.lease.extendUntil(0);
      // Nothing that arrives may be what starts the next one.
      sqs.fail({ how: 'hang', action: 'ReceiveMessage', times: Infinity });
      await opened;
    });
    await clock.advanceUntil(() => starts.length > 1);
    expect(starts[1]).toBeLessThanOrEqual(30_000);
    open();
  });

  it('lets the rest of a group go on when one of it fails, is released or is lost', async () => {
    await sendMany(4, 'g');
    const { opened, open } = gate();
    const ran: string[] = [];
    harness.consume('q', { groupConcurrency: 1 }, async (delivery) => {
      const { body, receiveCount } = delivery;
      ran.push(body);
      if (receiveCount > 1) return void delivery.acknowledge();
      if (body === 'm0') return delivery.release(300);
      if (body === 'm1') return;
      if (body === 'm2') {
        delivery.lease.extendUntil(0);
        return opened;
      }
      void delivery.acknowledge();
    });
    await clock.advance(60_000);
    expect(ran.slice(0, 4)).toEqual(['m0', 'm1', 'm2', 'm3']);
    await clock.advanceUntil(empty);
    expect(ran.toSorted()).toEqual(['m0', 'm0', 'm1', 'm1', 'm2', 'm2', 'm3']);
    open();
  });

  it('hands everything back at a stop', async () => {
    await sendMany(8, 'g');
    const { opened, open } = gate();
    const consumer = harness.consume('q', { groupConcurrency: 2 }, async (delivery) => {
      await opened;
      void delivery.acknowledge();
    });
    await clock.settle();
    expect(consumer.state).toMatchObject({ running: 2, waiting: 6 });
    const stopped = consumer.stop({ shutdownTimeoutMs: 30_000 });
    open();
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ released: 6, aborted: 0 });
    expect(sqs.queue('q')).toMatchObject({ visible: 6, inFlight: 0 });
  });
});
