import { afterEach, beforeEach, describe, expect, it } from 'vitest';

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
  sqs.clearFaults();
  await whileTimePasses(clock, harness.close());
  await sqs.close();
});

const done = async (delivery: { acknowledge(): Promise<void> }): Promise<void> => void delivery.acknowledge();
const sendMany = (count: number, queue = 'q'): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, n) => harness.transport.sender.send(queue, { body: `m${n}` })));

describe('polling', () => {
  it('is one request per wait time when idle', async () => {
    harness.consume('q', {}, done);
    await clock.advance(3_600_000 - 1);
    expect(harness.requests['ReceiveMessage']).toBe(180);
  });

  it('costs 0.3 requests a task for a backlog of quick tasks, and few afterwards', async () => {
    await sendMany(1000);
    harness.consume('q', {}, done);
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    const { SendMessageBatch = 0, ReceiveMessage = 0, DeleteMessageBatch = 0 } = harness.requests;
    expect((SendMessageBatch + ReceiveMessage + DeleteMessageBatch) / 1000).toBeLessThanOrEqual(0.31);
  });

  it('keeps every slot busy beyond ten', async () => {
    const { opened, open } = gate();
    await sendMany(60);
    const consumer = harness.consume('q', { concurrency: 50 }, async (delivery) => {
      await opened;
      void delivery.acknowledge();
    });
    await clock.advance(1000);
    expect(consumer.state.running).toBe(50);
    expect(sqs.queue('q')).toMatchObject({ inFlight: 50, visible: 10 });
    open();
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
  });

  it('holds one message at concurrency 1', async () => {
    const { opened, open } = gate();
    await sendMany(5);
    harness.consume('q', { concurrency: 1 }, () => opened);
    await clock.advance(10_000);
    expect(sqs.queue('q').inFlight).toBe(1);
    open();
  });

  it('is not held up by one slow message', async () => {
    const { opened, open } = gate();
    let quick = 0;
    await harness.transport.sender.send('q', { body: 'slow' });
    harness.consume('q', { concurrency: 2 }, async (delivery) => {
      if (delivery.body === 'slow') await opened;
      else quick++;
      void delivery.acknowledge();
    });
    await clock.settle();
    await sendMany(30);
    await clock.advance(5000);
    expect(quick).toBe(30);
    open();
  });

  it('spaces short polls of an empty queue', async () => {
    harness.consume('q', { waitTimeSeconds: 0 }, done);
    await clock.advance(60_000);
    expect(harness.requests['ReceiveMessage']).toBeGreaterThan(55);
    expect(harness.requests['ReceiveMessage']).toBeLessThanOrEqual(61);
  });

  it('goes on for ever in a storm, at most once a second, and tells each change once', async () => {
    const storm = sqs.fail({
      how: 'error',
      action: 'ReceiveMessage',
      code: 'ServiceUnavailable',
      status: 503,
      times: Infinity,
    });
    const consumer = harness.consume('q', { concurrency: 30 }, done);
    await clock.advance(60_000);
    expect(harness.requests['ReceiveMessage']).toBeLessThanOrEqual(60);
    expect(harness.requests['ReceiveMessage']).toBeGreaterThan(3);
    expect(harness.log.matching(/^error/)).toHaveLength(1);
    expect(consumer.state.lastError?.code).toBe('ServiceUnavailable');
    storm.cancel();
    await sendMany(3);
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0);
    expect(harness.log.matching(/receiving again/)).toHaveLength(1);
    expect(consumer.state).toMatchObject({ failures: 0, lastError: undefined });
  });

  it.each(['ExpiredTokenException', 'ThrottlingException', 'AccessDenied', 'InternalFailure'])(
    'survives %s',
    async (code) => {
      sqs.fail({ how: 'error', action: 'ReceiveMessage', code, status: 400, times: 3 });
      harness.consume('q', {}, done);
      await sendMany(1);
      await clock.advanceUntil(() => sqs.queue('q').messages.length === 0, 60_000);
      expect(harness.events[0]).toMatch(/^pollFailed/);
    },
  );

  it('gives up a request that is never answered', async () => {
    sqs.fail({ how: 'hang', action: 'ReceiveMessage' });
    harness.consume('q', {}, done);
    await sendMany(1);
    await clock.advanceUntil(() => sqs.queue('q').messages.length === 0, 60_000);
    expect(harness.events).toContain('pollFailed SQS_CELERY_REQUEST_TIMED_OUT');
  });

  it('gets a lost answer of a FIFO queue again, instead of waiting for its groups’ leases', async () => {
    await harness.transport.sender.send('q.fifo', { body: 'm', messageGroupId: 'g' });
    sqs.fail({ how: 'lose', action: 'ReceiveMessage' });
    const starts: number[] = [];
    harness.consume('q.fifo', {}, async (delivery) => {
      starts.push(clock.monotonic());
      void delivery.acknowledge();
    });
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(starts).toEqual([0]);
  });

  it('stops for a pause and hands back what had not begun', async () => {
    const { opened, open } = gate();
    await sendMany(4);
    const consumer = harness.consume('q', { concurrency: 1, prefetch: 9 }, () => opened);
    await clock.settle();
    expect(consumer.state).toMatchObject({ running: 1, waiting: 3 });
    await consumer.pause();
    expect(sqs.queue('q')).toMatchObject({ inFlight: 1, visible: 3 });
    const before = harness.requests['ReceiveMessage'];
    await clock.advance(60_000);
    expect(harness.requests['ReceiveMessage']).toBe(before);
    consumer.resume();
    open();
    await clock.advance(1000);
    expect(sqs.queue('q').visible).toBe(0);
  });
});
