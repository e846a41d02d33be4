import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Delivery } from '#celery/ports';
import { LocalSqs, VirtualClock } from '#sqs-local';

import { gate, transportFor, whileTimePasses, type Harness } from '../transport.test-support.js';

let sqs: LocalSqs;
let clock: VirtualClock;
let harness: Harness | undefined;

beforeEach(async () => {
  clock = new VirtualClock();
  sqs = await LocalSqs.start({ port: 0, clock });
});
afterEach(async () => {
  sqs.clearFaults();
  if (harness) await whileTimePasses(clock, harness.close());
  harness = undefined;
  await sqs.close();
});

function createQueue(name: string, maxReceiveCount?: number): void {
  const fifo = name.endsWith('.fifo');
  sqs.createQueue(fifo ? 'dead.fifo' : 'dead');
  const deadLetterTargetArn = sqs.queue(fifo ? 'dead.fifo' : 'dead').arn;
  sqs.createQueue(name, {
    attributes: {
      ...(fifo ? { ContentBasedDeduplication: 'true' } : {}),
      ...(maxReceiveCount ? { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) } : {}),
    },
  });
}

const sendMany = (queue: string, count: number, messageGroupId?: string): Promise<unknown> =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      harness!.transport.sender.send(queue, { body: `m${n}`, ...(messageGroupId ? { messageGroupId } : {}) }),
    ),
  );

async function secondsOf<Result>(work: Promise<Result>): Promise<[Result, number]> {
  const begun = clock.monotonic();
  const result = await whileTimePasses(clock, work);
  return [result, (clock.monotonic() - begun) / 1000];
}

describe('stopping', () => {
  it('ends an idle worker at once where a lost answer is harmless', async () => {
    createQueue('q', 10);
    harness = await transportFor(sqs, clock, { queues: ['q'] });
    const consumer = harness.consume('q', {}, () => Promise.resolve());
    await clock.settle();
    const [report, seconds] = await secondsOf(consumer.stop({ shutdownTimeoutMs: 30_000 }));
    expect(seconds).toBe(0);
    expect(report).toEqual({ released: 0, aborted: 0, unconfirmed: 0 });
    expect(sqs.queue('q').longPolls).toBe(0);
  });

  it.each(['q', 'q.fifo'])('awaits the poll of %s where it is not, and hands back what it brings', async (name) => {
    createQueue(name, 5);
    harness = await transportFor(sqs, clock, { queues: [name] });
    const ran: Delivery[] = [];
    const consumer = harness.consume(name, {}, async (delivery) => void ran.push(delivery));
    await clock.advance(5000);
    const stopped = consumer.stop({ shutdownTimeoutMs: 30_000 });
    await sendMany(name, 1, name === 'q' ? undefined : 'g');
    const [report, seconds] = await secondsOf(stopped);
    expect(seconds).toBeLessThan(15);
    expect(report.released).toBe(1);
    expect(ran).toEqual([]);
    expect(sqs.queue(name)).toMatchObject({ visible: 1, inFlight: 0 });
  });

  it('hands back what had not begun at once, and lets running handlers end with their leases kept', async () => {
    createQueue('q');
    harness = await transportFor(sqs, clock, { queues: ['q'] });
    const { opened, open } = gate();
    const ran: Delivery[] = [];
    const consumer = harness.consume('q', { concurrency: 2, prefetch: 8 }, async (delivery) => {
      ran.push(delivery);
      await opened;
      void delivery.acknowledge();
    });
    await sendMany('q', 10);
    await clock.settle();
    const stopped = consumer.stop({ shutdownTimeoutMs: 600_000 });
    await clock.settle();
    expect(sqs.queue('q')).toMatchObject({ visible: 8, inFlight: 2 });
    await clock.advance(120_000);
    expect(sqs.queue('q')).toMatchObject({ visible: 8, inFlight: 2 });
    await harness.transport.sender.send('q', { body: 'a handler may still send' });
    open();
    const [report] = await secondsOf(stopped);
    expect(report).toEqual({ released: 8, aborted: 0, unconfirmed: 0 });
    expect(ran).toHaveLength(2);
    expect(sqs.queue('q')).toMatchObject({ visible: 9, inFlight: 0 });
  });

  it('aborts at the deadline and hands back, and always ends, though a handler never does', async () => {
    createQueue('q');
    harness = await transportFor(sqs, clock, { queues: ['q'] });
    const reasons: unknown[] = [];
    const late: Promise<void>[] = [];
    const consumer = harness.consume('q', {}, (delivery) => {
      delivery.lease.signal.addEventListener('abort', () => {
        reasons.push(delivery.lease.signal.reason);
        late.push(delivery.acknowledge());
      });
      return new Promise(() => undefined);
    });
    await sendMany('q', 1);
    await clock.settle();
    const [report, seconds] = await secondsOf(consumer.stop({ shutdownTimeoutMs: 10_000 }));
    expect(seconds).toBe(10);
    expect(report.aborted).toBe(1);
    expect(reasons).toMatchObject([{ code: 'SQS_CELERY_LEASE_LOST', reason: 'shutdown' }]);
    await expect(late[0]).rejects.toThrow(/stopped/);
    expect(sqs.queue('q')).toMatchObject({ visible: 1, inFlight: 0 });
  });

  it('ends by its deadline when SQS is gone', async () => {
    createQueue('q');
    harness = await transportFor(sqs, clock, { queues: ['q'] });
    const consumer = harness.consume('q', {}, async (delivery) => void delivery.acknowledge());
    sqs.fail({ how: 'hang', action: 'DeleteMessageBatch', times: Infinity });
    await sendMany('q', 1);
    await clock.settle();
    const [report, seconds] = await secondsOf(consumer.stop({ shutdownTimeoutMs: 1000 }));
    expect(seconds).toBeLessThanOrEqual(3);
    expect(report.unconfirmed).toBe(1);
  });

  it('deletes what had finished, lingering deletes included', async () => {
    createQueue('q');
    harness = await transportFor(sqs, clock, { queues: ['q'] });
    const { opened } = gate();
    const consumer = harness.consume('q', { ackLingerMs: 60_000 }, async (delivery) => {
      if (delivery.body === 'm0') await opened;
      void delivery.acknowledge();
    });
    await sendMany('q', 3);
    await clock.settle();
    expect(sqs.queue('q').messages).toHaveLength(3);
    await secondsOf(consumer.stop({ shutdownTimeoutMs: 1000 }));
    expect(sqs.queue('q').messages.map((message) => message.body)).toEqual(['m0']);
  });

  it('interrupts a task that was acknowledged early without calling it lost', async () => {
    createQueue('q');
    harness = await transportFor(sqs, clock, { queues: ['q'] });
    const seen: boolean[] = [];
    const consumer = harness.consume('q', {}, async (delivery) => {
      await delivery.acknowledge();
      await new Promise((resolve) => delivery.lease.signal.addEventListener('abort', resolve));
      seen.push(delivery.lease.lost);
    });
    await sendMany('q', 1);
    await clock.settle();
    await secondsOf(consumer.stop({ shutdownTimeoutMs: 1000 }));
    expect(seen).toEqual([false]);
  });

  it('does not spend the last receive of a message: its lease runs out or, where it has not begun, it is sent again', async () => {
    createQueue('q', 3);
    harness = await transportFor(sqs, clock, { queues: ['q'] });
    const { opened } = gate();
    await sendMany('q', 2);
    const first = harness.transport.consume('q', { concurrency: 2 }, () => opened);
    first.start();
    await clock.advance(1000);
    const [handedBack] = await secondsOf(first.stop({ shutdownTimeoutMs: 0 }));
    expect(handedBack).toMatchObject({ aborted: 2 });
    expect(sqs.queue('q')).toMatchObject({ visible: 2, inFlight: 0 });
    const second = harness.consume('q', { concurrency: 1, prefetch: 1 }, () => opened);
    await clock.advance(1000);
    expect(second.state).toMatchObject({ running: 1, waiting: 1 });
    const [report] = await secondsOf(second.stop({ shutdownTimeoutMs: 0 }));
    expect(report.released).toBe(1);
    expect(sqs.queue('q')).toMatchObject({ visible: 1, inFlight: 1 });
  });

  it('hands a FIFO group back in order', async () => {
    createQueue('q.fifo');
    harness = await transportFor(sqs, clock, { queues: ['q.fifo'] });
    await sendMany('q.fifo', 5, 'g');
    const { opened } = gate();
    const consumer = harness.consume('q.fifo', {}, () => opened);
    await clock.advance(1000);
    await secondsOf(consumer.stop({ shutdownTimeoutMs: 500 }));
    const order: string[] = [];
    harness.consume('q.fifo', {}, async (delivery) => {
      order.push(delivery.body);
      void delivery.acknowledge();
    });
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(order).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
  });
});
