import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Delivery } from '#celery/ports';
import { LocalSqs, VirtualClock } from '#sqs-local';

import { LeaseLostError } from '../errors/index.js';
import { gate, localQueue, transportFor, whileTimePasses, type Harness } from '../transport.test-support.js';

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

const deadLetter = (maxReceiveCount: number): Record<string, string> => {
  sqs.createQueue('dead');
  const deadLetterTargetArn = sqs.queue('dead').arn;
  return { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) };
};

/** One consumer of `q` and what it was given. */
async function consuming(
  options: Parameters<Harness['consume']>[1],
  handle: (delivery: Delivery) => Promise<void>,
): Promise<Delivery[]> {
  harness = await transportFor(sqs, clock, { queues: ['q'] });
  const deliveries: Delivery[] = [];
  harness.consume('q', options, async (delivery) => {
    deliveries.push(delivery);
    await handle(delivery);
  });
  return deliveries;
}

const send = (body = 'm'): Promise<void> => harness!.transport.sender.send('q', { body });

describe('the lease', () => {
  it('keeps a message far beyond the queue’s visibility timeout, and runs it once', async () => {
    sqs.createQueue('q', { attributes: { VisibilityTimeout: '30' } });
    const { opened, open } = gate();
    const deliveries = await consuming({}, async (delivery) => {
      await opened;
      void delivery.acknowledge();
    });
    await send();
    await clock.advance(3_600_000);
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]?.lease.lost).toBe(false);
    open();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
  });

  it.each([
    ['30 s without a redrive policy', { VisibilityTimeout: '1800' }, undefined, undefined, 30],
    ['30 s where ten receives are allowed', { VisibilityTimeout: '1800' }, 10, undefined, 30],
    ['the queue’s own where fewer are', { VisibilityTimeout: '1800' }, 9, undefined, 1800],
    ['what the option says', { VisibilityTimeout: '1800' }, 9, 7, 7],
  ])('is %s', async (_, attributes, maxReceiveCount, lease, seconds) => {
    sqs.createQueue('q', { attributes: { ...attributes, ...(maxReceiveCount ? deadLetter(maxReceiveCount) : {}) } });
    const { opened, open } = gate();
    await consuming(lease === undefined ? {} : { lease }, () => opened);
    await send();
    await clock.settle();
    expect(sqs.queue('q').messages[0]).toMatchObject({ state: 'inFlight', hiddenForMs: seconds * 1000 });
    open();
  });

  it('doubles with every receive, at most to the queue’s own', async () => {
    sqs.createQueue('q', { attributes: { VisibilityTimeout: '100' } });
    const { opened, open } = gate();
    await consuming({ concurrency: 1 }, (delivery) => (delivery.receiveCount < 4 ? delivery.release(0) : opened));
    await send();
    await clock.advanceUntil(() => sqs.queue('q').messages[0]?.receiveCount === 4);
    expect(sqs.queue('q').messages[0]?.hiddenForMs).toBe(30_000);
    await clock.advanceUntil(() => (sqs.queue('q').messages[0]?.hiddenForMs ?? 0) > 30_000);
    expect(sqs.queue('q').messages[0]?.hiddenForMs).toBe(100_000);
    open();
  });

  it('extends ten messages with one request', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    const deliveries = await consuming({ concurrency: 10 }, () => opened);
    await Promise.all(Array.from({ length: 10 }, () => send()));
    await clock.advance(29_000);
    expect(deliveries).toHaveLength(10);
    expect(harness?.requests['ChangeMessageVisibilityBatch']).toBe(1);
    open();
  });

  it('survives failing calls for as long as it lasts', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    const deliveries = await consuming({}, () => opened);
    await send();
    await clock.settle();
    sqs.fail({ how: 'error', action: 'ChangeMessageVisibilityBatch', times: 2 });
    await clock.advance(120_000);
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]?.lease.lost).toBe(false);
    open();
  });

  it('is lost when no extension is confirmed in time: the handler is told, and nothing is deleted', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    const acknowledged: Promise<void>[] = [];
    const deliveries = await consuming({ concurrency: 1 }, async (delivery) => {
      if (delivery.receiveCount > 1) return;
      await opened;
      acknowledged.push(delivery.acknowledge());
    });
    await send();
    await clock.settle();
    sqs.fail({ how: 'error', action: 'ChangeMessageVisibilityBatch', times: Infinity });
    await clock.advance(31_000);
    expect(deliveries[0]?.lease.lost).toBe(true);
    expect(deliveries[0]?.lease.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(harness?.events).toContain('leaseLost expired');
    open();
    await clock.settle();
    await expect(acknowledged[0]).rejects.toBeInstanceOf(LeaseLostError);
    expect(sqs.queue('q').messages).toHaveLength(1);
    expect(harness?.requests['DeleteMessageBatch']).toBeUndefined();
  });

  it('is lost at once when SQS says so', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    const deliveries = await consuming({}, () => opened);
    await send();
    await clock.settle();
    const signal = deliveries[0]!.lease.signal;
    sqs.fail({ how: 'entries', action: 'ChangeMessageVisibilityBatch', code: 'MessageNotInflight', senderFault: true });
    await clock.advance(19_000);
    expect(signal.aborted).toBe(true);
    expect(harness?.events).toContain('leaseLost refused');
    open();
  });

  it('is warned about where it is too short to be kept', async () => {
    sqs.createQueue('q');
    await consuming({ lease: 4 }, () => Promise.resolve());
    expect(harness?.log.matching(/^warn .*lease of 4 s/)).toHaveLength(1);
  });

  it('ends where the handler’s hard limit says', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    const deliveries = await consuming({ concurrency: 1 }, (delivery) => {
      if (delivery.receiveCount > 1) return Promise.resolve();
      delivery.lease.extendUntil(clock.monotonic() + 100_000);
      return opened;
    });
    await send();
    await clock.advance(99_000);
    expect(deliveries[0]?.lease.lost).toBe(false);
    await clock.advance(3000);
    expect(deliveries[0]?.lease.lost).toBe(true);
    open();
  });

  it('is extended to just under twelve hours and no further', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    const deliveries = await consuming({ concurrency: 1, lease: 3600 }, () => opened);
    await send();
    await clock.advance(43_190_000);
    expect(deliveries[0]?.lease.lost).toBe(false);
    await clock.advance(10_000);
    expect(deliveries[0]?.lease.lost).toBe(true);
    open();
  });

  it('is kept while a message waits for a slot', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    const deliveries = await consuming({ concurrency: 1, prefetch: 5 }, async (delivery) => {
      await opened;
      void delivery.acknowledge();
    });
    await Promise.all([send('1'), send('2'), send('3')]);
    await clock.advance(300_000);
    expect(deliveries).toHaveLength(1);
    open();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(deliveries.map((delivery) => delivery.receiveCount)).toEqual([1, 1, 1]);
  });
});

describe('acknowledging', () => {
  it('repeats what failed under the lease until SQS has deleted it', async () => {
    sqs.createQueue('q');
    const deliveries = await consuming({}, async (delivery) => void delivery.acknowledge());
    sqs.fail({ how: 'error', action: 'DeleteMessageBatch', times: 12 });
    await send();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(deliveries).toHaveLength(1);
    expect(harness?.requests['DeleteMessageBatch']).toBe(13);
  });

  it('repeats only the entry that failed', async () => {
    sqs.createQueue('q');
    await consuming({}, async (delivery) => void delivery.acknowledge());
    sqs.fail({ how: 'entries', action: 'DeleteMessageBatch', select: (_, index) => index === 0 });
    await Promise.all([send('1'), send('2')]);
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(harness?.requests['DeleteMessageBatch']).toBe(2);
  });

  it('is confirmed before the promise resolves, so that a task can be acknowledged early', async () => {
    sqs.createQueue('q');
    const left: number[] = [];
    const deliveries = await consuming({}, async (delivery) => {
      await delivery.acknowledge();
      left.push(sqs.queue('q').messages.length);
    });
    await send();
    await clock.advanceUntil(() => left.length > 0);
    expect(left).toEqual([0]);
    await clock.advance(120_000);
    expect(deliveries[0]?.lease.lost).toBe(false);
  });

  it('waits for company while tasks run, and not when idle', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    await consuming({ concurrency: 2, ackLingerMs: 50 }, async (delivery) => {
      if (delivery.body === 'slow') await opened;
      void delivery.acknowledge();
    });
    await send('slow');
    await send('quick');
    // The moment that a poll waits behind an answer.
    await clock.advance(5);
    await clock.advance(49);
    expect(sqs.queue('q').messages).toHaveLength(2);
    await clock.advance(1);
    expect(sqs.queue('q').messages).toHaveLength(1);
    open();
    await clock.settle();
    expect(sqs.queue('q').messages).toHaveLength(0);
  });

  it('gives up when deleting is not allowed, and says so', async () => {
    sqs.createQueue('q');
    const failures: unknown[] = [];
    await consuming({}, (delivery) => delivery.acknowledge().catch((error: unknown) => void failures.push(error)));
    sqs.fail({ how: 'error', action: 'DeleteMessageBatch', code: 'AccessDenied', status: 403, times: Infinity });
    await send();
    await clock.advanceUntil(() => failures.length > 0);
    expect(failures[0]).toMatchObject({ code: 'SQS_CELERY_ACKNOWLEDGE_FAILED' });
    expect(harness?.log.matching(/sqs:DeleteMessage/)).toHaveLength(1);
  });
});

describe('releasing', () => {
  it('makes the message visible after the delay, and gives up the lease', async () => {
    sqs.createQueue('q');
    const starts: number[] = [];
    await consuming({}, async (delivery) => {
      starts.push(clock.monotonic());
      if (delivery.receiveCount === 1) await delivery.release(600);
      else void delivery.acknowledge();
    });
    await send();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(starts.map((start) => Math.round(start / 1000))).toEqual([0, 600]);
  });

  it('leaves a message alone that its handler neither acknowledged nor released', async () => {
    sqs.createQueue('q');
    const deliveries = await consuming({}, () => Promise.resolve());
    await send();
    await clock.advance(29_000);
    expect(deliveries).toHaveLength(1);
    await clock.advance(1001);
    expect(deliveries).toHaveLength(2);
  });

  it('resolves at once for a lost lease', async () => {
    sqs.createQueue('q');
    const { opened, open } = gate();
    const released: Promise<void>[] = [];
    await consuming({ concurrency: 1 }, async (delivery) => {
      if (delivery.receiveCount > 1) return;
      delivery.lease.extendUntil(0);
      await opened;
      released.push(delivery.release(5));
    });
    await send();
    await clock.advance(31_000);
    open();
    await clock.settle();
    await released[0];
    expect(harness?.requests['ChangeMessageVisibilityBatch']).toBeUndefined();
  });

  it('survives a handler that throws', async () => {
    sqs.createQueue('q');
    const deliveries = await consuming({}, () => Promise.reject(new Error('bug')));
    await send();
    await clock.advance(31_000);
    expect(deliveries.length).toBeGreaterThan(1);
    expect(harness?.log.matching(/^error The handler of message/).length).toBeGreaterThan(0);
  });
});

describe('a delivery', () => {
  it('carries what SQS knows of the message', async () => {
    sqs.createQueue('q');
    harness = await transportFor(sqs, clock, { queues: [localQueue('q')] });
    const deliveries: Delivery[] = [];
    harness.consume('q', {}, async (delivery) => void deliveries.push(delivery));
    const messageAttributes = {
      a: { DataType: 'String', StringValue: 'x' },
      b: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
    };
    await harness.transport.sender.send('q', { body: 'm', messageAttributes, messageGroupId: 'tenant' });
    await clock.advanceUntil(() => deliveries.length > 0);
    expect(deliveries[0]).toMatchObject({
      body: 'm',
      receiveCount: 1,
      sentAt: clock.now(),
      firstReceivedAt: clock.now(),
      messageGroupId: 'tenant',
    });
    expect(deliveries[0]?.messageAttributes['a']).toEqual(messageAttributes.a);
    expect([...(deliveries[0]?.messageAttributes['b']?.BinaryValue ?? [])]).toEqual([1, 2]);
  });
});
