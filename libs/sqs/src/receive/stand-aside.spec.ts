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

const sendMany = (count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, n) => harness.transport.sender.send('q', { body: `m${n}` })));
const sendFifo = (body: string, messageGroupId: string): Promise<void> =>
  harness.transport.sender.send('q.fifo', { body, messageGroupId });
const never = new Promise<void>(() => undefined);

/** What standing aside came to, by body. */
type Answers = Record<string, boolean | string>;

async function standAside(delivery: Delivery, until: Promise<void>, answers: Answers): Promise<boolean> {
  const back = await delivery.standAside(until);
  answers[delivery.body] = back;
  return back;
}

describe('a delivery that stands aside', () => {
  it('gives its slot to another message, keeps its lease, and goes on before what has not begun', async () => {
    const { opened, open } = gate();
    const { opened: finish, open: finishAll } = gate();
    const order: string[] = [];
    const consumer = harness.consume('q', { concurrency: 2 }, async (delivery) => {
      if (delivery.body === 'aside' && !(await delivery.standAside(opened))) return;
      order.push(delivery.body);
      await (delivery.body === 'aside' ? undefined : finish);
      void delivery.acknowledge();
    });
    await harness.transport.sender.send('q', { body: 'aside' });
    await clock.settle();
    await sendMany(3);
    await clock.advance(120_000);
    expect(consumer.state).toMatchObject({ running: 2, aside: 1, waiting: 0 });
    expect(sqs.queue('q')).toMatchObject({ inFlight: 3, visible: 1 });
    open();
    await clock.settle();
    expect(consumer.state).toMatchObject({ running: 2, aside: 1 });
    expect(order.toSorted()).toEqual(['m0', 'm1']);
    finishAll();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(order[2]).toBe('aside');
    expect(harness.events).not.toContain('leaseLost expired');
  });

  it('lets as many messages be held as there are slots, and one slot fewer besides', async () => {
    await sendMany(30);
    const answers: Answers = {};
    const consumer = harness.consume('q', { concurrency: 3 }, async (delivery) => {
      await standAside(delivery, never, answers);
    });
    await clock.advance(60_000);
    expect(consumer.state).toMatchObject({ running: 0, aside: 5 });
    expect(sqs.queue('q').inFlight).toBe(5);
  });

  it.each([0, 1])('holds no second message at concurrency 1 with a prefetch of %s beyond it', async (prefetch) => {
    await sendMany(5);
    const { opened, open } = gate();
    const ran: string[] = [];
    const consumer = harness.consume('q', { concurrency: 1, prefetch }, async (delivery) => {
      if (ran.length === 0 && !(await delivery.standAside(opened))) return;
      ran.push(delivery.body);
      void delivery.acknowledge();
    });
    await clock.advance(60_000);
    expect(sqs.queue('q').inFlight).toBe(1 + prefetch);
    expect(consumer.state).toMatchObject({ running: 0, aside: 1, waiting: prefetch });
    open();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(ran).toHaveLength(5);
  });

  it('does not wait for a slot that those that still stand aside would take', async () => {
    await sendMany(3);
    const gates = { m0: gate(), m1: gate(), m2: gate() };
    const consumer = harness.consume('q', { concurrency: 3 }, async (delivery) => {
      const until = gates[delivery.body as keyof typeof gates].opened;
      if (await delivery.standAside(until)) void delivery.acknowledge();
    });
    await clock.settle();
    consumer.setConcurrency(1);
    gates.m1.open();
    await clock.advance(1000);
    expect(sqs.queue('q').messages.map(({ body }) => body)).toEqual(['m0', 'm2']);
  });

  it('passes a rejection on once it has a slot again', async () => {
    await sendMany(2);
    const { opened, open } = gate();
    const failed = clock.monotonic();
    const errors: unknown[] = [];
    const running: number[] = [];
    const consumer = harness.consume('q', { concurrency: 1, prefetch: 1 }, async (delivery) => {
      if (delivery.body === 'm0') {
        await delivery.standAside(Promise.reject(new Error('no place'))).catch((error: unknown) => errors.push(error));
        running.push(consumer.state.running);
      }
      await opened;
      void delivery.acknowledge();
    });
    await clock.settle();
    expect(errors).toMatchObject([{ message: 'no place' }]);
    expect(running).toEqual([1]);
    expect(clock.monotonic()).toBe(failed);
    open();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
  });

  it('is taken away when its lease is lost, and its slot count with it', async () => {
    await sendMany(1);
    const answers: Answers = {};
    const consumer = harness.consume('q', { concurrency: 2 }, async (delivery) => {
      if (delivery.receiveCount > 1) return void delivery.acknowledge();
      delivery.lease.extendUntil(0);
      await standAside(delivery, never, answers);
    });
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(answers).toEqual({ m0: false });
    expect(consumer.state).toMatchObject({ running: 0, aside: 0 });
    expect(harness.events).toContain('leaseLost expired');
  });

  it('does not begin again when nobody can tell any more whether it is still ours', async () => {
    await sendMany(1);
    const { opened, open } = gate();
    const answers: Answers = {};
    harness.consume('q', { concurrency: 2 }, async (delivery) => {
      if (delivery.receiveCount > 1) return void delivery.acknowledge();
      await standAside(delivery, opened, answers);
    });
    await clock.settle();
    sqs.fail({ how: 'error', action: 'ChangeMessageVisibilityBatch', status: 503, times: Infinity });
    await clock.advance(25_000);
    expect(harness.events).not.toContain('leaseLost expired');
    open();
    await clock.settle();
    expect(answers).toEqual({ m0: false });
    expect(harness.events).toContain('deliveryStale');
    sqs.clearFaults();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
  });

  it('has nothing left to do when its lease is lost already', async () => {
    await sendMany(1);
    const answers: Answers = {};
    harness.consume('q', { concurrency: 2 }, async (delivery) => {
      if (delivery.receiveCount > 1) return void delivery.acknowledge();
      const lost = new Promise((resolve) => delivery.lease.signal.addEventListener('abort', resolve));
      delivery.lease.extendUntil(0);
      await lost;
      await standAside(delivery, never, answers);
    });
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(answers).toEqual({ m0: false });
  });

  it('keeps a FIFO group closed', async () => {
    await Promise.all(['a1', 'a2'].map((body) => sendFifo(body, 'a')));
    await sendFifo('b1', 'b');
    const { opened, open } = gate();
    const order: string[] = [];
    harness.consume('q.fifo', {}, async (delivery) => {
      if (delivery.body === 'a1' && !(await delivery.standAside(opened))) return;
      order.push(delivery.body);
      void delivery.acknowledge();
    });
    await clock.advance(60_000);
    expect(order).toEqual(['b1']);
    open();
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(order).toEqual(['b1', 'a1', 'a2']);
  });

  it('refuses to give away what it has not, and what is settled', async () => {
    await sendMany(1);
    const codes: unknown[] = [];
    const refused = (error: unknown): void => void codes.push((error as { code: string }).code);
    harness.consume('q', { concurrency: 2 }, async (delivery) => {
      const first = delivery.standAside(Promise.resolve());
      await delivery.standAside(never).catch(refused);
      await first;
      void delivery.acknowledge();
      await delivery.standAside(never).catch(refused);
    });
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(codes).toEqual(['SQS_CELERY_NOT_RUNNING', 'SQS_CELERY_ALREADY_SETTLED']);
  });

  it('is let go when its handler ends without waiting for it', async () => {
    await sendMany(1);
    const answers: Answers = {};
    const asides: Promise<boolean>[] = [];
    const consumer = harness.consume('q', { concurrency: 2 }, async (delivery) => {
      if (delivery.receiveCount > 1) return void delivery.acknowledge();
      asides.push(standAside(delivery, never, answers));
      await delivery.release(0);
    });
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(await asides[0]).toBe(false);
    expect(consumer.state).toMatchObject({ running: 0, aside: 0 });
  });
});

describe('pausing and stopping while deliveries stand aside', () => {
  it('hands back at a pause what stands aside and what waits to come back', async () => {
    await sendMany(4);
    const { opened, open } = gate();
    const { opened: finish, open: finishAll } = gate();
    const answers: Answers = {};
    const late: Promise<void>[] = [];
    const consumer = harness.consume('q', { concurrency: 4 }, async (delivery) => {
      if (delivery.receiveCount > 1) return void delivery.acknowledge();
      if (delivery.body === 'm3') return finish;
      if (await standAside(delivery, delivery.body === 'm0' ? opened : never, answers)) return;
      late.push(delivery.acknowledge());
    });
    await clock.settle();
    consumer.setConcurrency(1);
    open();
    await clock.settle();
    expect(consumer.state).toMatchObject({ running: 1, aside: 3 });
    await whileTimePasses(clock, consumer.pause());
    expect(answers).toEqual({ m0: false, m1: false, m2: false });
    expect(sqs.queue('q')).toMatchObject({ inFlight: 1, visible: 3 });
    const outcomes = await Promise.allSettled(late);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(consumer.state).toMatchObject({ running: 1, aside: 0 });
    finishAll();
    consumer.resume();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
  });

  it('counts them as released and drains without waiting for what they wait for', async () => {
    await sendMany(3);
    const answers: Answers = {};
    const consumer = harness.consume('q', { concurrency: 3 }, async (delivery) => {
      await standAside(delivery, never, answers);
    });
    await clock.settle();
    const begun = clock.monotonic();
    const report = await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 30_000 }));
    expect(report).toEqual({ released: 3, aborted: 0, unconfirmed: 0 });
    expect(clock.monotonic() - begun).toBeLessThan(1000);
    expect(sqs.queue('q')).toMatchObject({ inFlight: 0, visible: 3 });
  });

  it('answers at once, and hands back, what wants to stand aside during the drain', async () => {
    await sendMany(2);
    const { opened, open } = gate();
    const answers: Answers = {};
    const consumer = harness.consume('q', {}, async (delivery) => {
      await opened;
      await standAside(delivery, never, answers);
    });
    await clock.settle();
    const stopped = consumer.stop({ shutdownTimeoutMs: 30_000 });
    await clock.settle();
    open();
    expect(await whileTimePasses(clock, stopped)).toEqual({ released: 2, aborted: 0, unconfirmed: 0 });
    expect(answers).toEqual({ m0: false, m1: false });
    expect(sqs.queue('q')).toMatchObject({ inFlight: 0, visible: 2 });
  });

  it.each(['before', 'after'])('drains what was called back in the same turn %s the stop', async (when) => {
    await sendMany(1);
    const { opened, open } = gate();
    const answers: Answers = {};
    const consumer = harness.consume('q', { concurrency: 2 }, async (delivery) => {
      if (await standAside(delivery, opened, answers)) await delivery.acknowledge();
    });
    await clock.settle();
    open();
    // The microtask in which `until` is noticed.
    if (when === 'before') await Promise.resolve();
    const report = await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 30_000 }));
    const back = when === 'before';
    expect(answers).toEqual({ m0: back });
    expect(report).toEqual({ released: back ? 0 : 1, aborted: 0, unconfirmed: 0 });
    expect(sqs.queue('q').messages).toHaveLength(back ? 0 : 1);
  });

  it('reports handlers that do not end although their message was taken away', async () => {
    await sendMany(1);
    const answers: Answers = {};
    const consumer = harness.consume('q', { concurrency: 2 }, async (delivery) => {
      await standAside(delivery, never, answers);
      await never;
    });
    await clock.settle();
    const report = await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 1000 }));
    expect(report).toEqual({ released: 1, aborted: 1, unconfirmed: 0 });
    expect(sqs.queue('q')).toMatchObject({ inFlight: 0, visible: 1 });
  });

  it('does not spend the last receive of what stands aside: it is sent again', async () => {
    sqs.createQueue('dead');
    const deadLetterTargetArn = sqs.queue('dead').arn;
    sqs.createQueue('few', {
      attributes: {
        VisibilityTimeout: '60',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
      },
    });
    const other = await transportFor(sqs, clock, { queues: ['few'] });
    await other.transport.sender.send('few', { body: 'm' });
    const answers: Answers = {};
    const late: Promise<void>[] = [];
    const consumer = other.consume('few', { concurrency: 2, waitTimeSeconds: 1 }, async (delivery) => {
      await standAside(delivery, never, answers);
      late.push(delivery.acknowledge());
    });
    await clock.advance(5000);
    const report = await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 5000 }));
    expect(answers).toEqual({ m: false });
    expect(report).toMatchObject({ released: 1, aborted: 0 });
    await expect(late[0]).rejects.toMatchObject({ code: 'SQS_CELERY_ALREADY_SETTLED' });
    expect(sqs.queue('few')).toMatchObject({ inFlight: 0, visible: 1 });
    await whileTimePasses(clock, other.close());
  });

  it('leaves alone what its handler released itself', async () => {
    await sendMany(1);
    const consumer = harness.consume('q', { concurrency: 2 }, async (delivery) => {
      void delivery.standAside(never);
      await delivery.release(600);
      await never;
    });
    await clock.settle();
    await whileTimePasses(clock, consumer.pause());
    expect(sqs.queue('q').messages[0]?.hiddenForMs).toBeGreaterThan(500_000);
  });

  it('lets the group in again of what wanted to stand aside during a pause', async () => {
    await sendFifo('1', 'a');
    const { opened, open } = gate();
    const order: string[] = [];
    const consumer = harness.consume('q.fifo', {}, async (delivery) => {
      order.push(`${delivery.body} ${delivery.receiveCount}`);
      if (delivery.receiveCount > 1) return void delivery.acknowledge();
      await opened;
      await delivery.standAside(never);
      await never;
    });
    await clock.settle();
    const paused = consumer.pause();
    open();
    await whileTimePasses(clock, paused);
    consumer.resume();
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(order).toEqual(['1 1', '1 2']);
  });

  it('lets its group in again after a pause, though its handler has not ended', async () => {
    await Promise.all(['1', '2'].map((body) => sendFifo(body, 'a')));
    const { opened, open } = gate();
    const order: string[] = [];
    const consumer = harness.consume('q.fifo', {}, async (delivery) => {
      order.push(`${delivery.body} ${delivery.receiveCount}`);
      if (delivery.receiveCount > 1) return void delivery.acknowledge();
      await delivery.standAside(never);
      await opened;
    });
    await clock.settle();
    await whileTimePasses(clock, consumer.pause());
    consumer.resume();
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(order).toEqual(['1 1', '1 2', '2 2']);
    open();
  });

  it('hands a FIFO group back in order, its head last', async () => {
    await Promise.all(['1', '2', '3'].map((body) => sendFifo(body, 'a')));
    const answers: Answers = {};
    const consumer = harness.consume('q.fifo', {}, async (delivery) => {
      await standAside(delivery, never, answers);
    });
    await clock.settle();
    await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 1000 }));
    expect(sqs.queue('q.fifo')).toMatchObject({ inFlight: 0, visible: 3 });
    const order: string[] = [];
    harness.consume('q.fifo', {}, async (delivery) => {
      order.push(delivery.body);
      void delivery.acknowledge();
    });
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(order).toEqual(['1', '2', '3']);
  });
});
