import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LocalSqs, VirtualClock } from '#sqs-local';

import { gate, transportFor, whileTimePasses, type Harness } from '../transport.test-support.js';

let sqs: LocalSqs;
let clock: VirtualClock;
let harness: Harness;

beforeEach(async () => {
  clock = new VirtualClock();
  sqs = await LocalSqs.start({ port: 0, clock });
  sqs.createQueue('q.fifo', { attributes: { ContentBasedDeduplication: 'true' } });
  harness = await transportFor(sqs, clock, { queues: ['q.fifo'] });
});
afterEach(async () => {
  await whileTimePasses(clock, harness.close());
  await sqs.close();
});

const send = (body: string, messageGroupId: string): Promise<void> =>
  harness.transport.sender.send('q.fifo', { body, messageGroupId });

describe('a FIFO queue', () => {
  it('runs the messages of a group one after the other, though they come in one receive', async () => {
    await Promise.all(['1', '2', '3', '4'].map((body) => send(body, 'a')));
    let now = 0;
    let most = 0;
    const order: string[] = [];
    harness.consume('q.fifo', {}, async (delivery) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(delivery.body);
      now--;
      void delivery.acknowledge();
    });
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(order).toEqual(['1', '2', '3', '4']);
    expect(most).toBe(1);
    expect(harness.requests['ReceiveMessage']).toBeLessThanOrEqual(2);
  });

  it('runs groups side by side', async () => {
    await Promise.all(['a', 'b', 'c'].map((group) => send(group, group)));
    const { opened, open } = gate();
    const consumer = harness.consume('q.fifo', {}, () => opened);
    await clock.advance(1000);
    expect(consumer.state.running).toBe(3);
    open();
  });

  it('does not let a long group take the slots of others', async () => {
    const { opened, open } = gate();
    await Promise.all(Array.from({ length: 10 }, (_, n) => send(`a${n}`, 'a')));
    const ran: string[] = [];
    harness.consume('q.fifo', { concurrency: 2 }, async (delivery) => {
      ran.push(delivery.body);
      if (delivery.messageGroupId === 'a') await opened;
      void delivery.acknowledge();
    });
    await clock.settle();
    await send('b', 'b');
    await clock.advance(1000);
    expect(ran).toContain('b');
    open();
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
  });

  it('hands back the rest of a group whose message is released, and other groups go on', async () => {
    await Promise.all(['1', '2', '3'].map((body) => send(body, 'a')));
    await send('other', 'b');
    const ran: string[] = [];
    harness.consume('q.fifo', {}, async (delivery) => {
      ran.push(delivery.body);
      if (delivery.body === '1' && delivery.receiveCount < 3) return delivery.release(60);
      void delivery.acknowledge();
    });
    await clock.advance(30_000);
    expect(ran.toSorted()).toEqual(['1', 'other']);
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(ran.filter((body) => body !== 'other')).toEqual(['1', '1', '1', '2', '3']);
  });

  it('hands back the rest of a group whose message was left to its lease', async () => {
    await Promise.all(['1', '2'].map((body) => send(body, 'a')));
    const ran: string[] = [];
    harness.consume('q.fifo', {}, async (delivery) => {
      ran.push(delivery.body);
      if (delivery.body === '1' && delivery.receiveCount === 1) return;
      void delivery.acknowledge();
    });
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(ran).toEqual(['1', '1', '2']);
  });

  it('hands back the rest of a group whose message was lost, though its handler goes on', async () => {
    await Promise.all(['1', '2'].map((body) => send(body, 'a')));
    const { opened, open } = gate();
    const ran: string[] = [];
    harness.consume('q.fifo', {}, async (delivery) => {
      ran.push(`${delivery.body} ${delivery.receiveCount}`);
      if (delivery.body === '1' && delivery.receiveCount === 1) {
        delivery.lease.extendUntil(0);
        await opened;
      }
      void delivery.acknowledge();
    });
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    expect(ran).toEqual(['1 1', '1 2', '2 2']);
    open();
  });

  it('keeps the order of every group with three workers and random failures', async () => {
    const random = seeded(7);
    const groups = ['a', 'b', 'c', 'd'];
    await Promise.all(groups.flatMap((group) => Array.from({ length: 12 }, (_, n) => send(`${group}${n}`, group))));
    const finished: string[] = [];
    for (let worker = 0; worker < 3; worker++) {
      harness.consume('q.fifo', { concurrency: 4 }, async (delivery) => {
        await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), random() * 2000));
        if (random() < 0.3) return delivery.release(Math.floor(random() * 5));
        finished.push(delivery.body);
        void delivery.acknowledge();
      });
    }
    await clock.advanceUntil(() => sqs.queue('q.fifo').messages.length === 0);
    for (const group of groups) {
      const numbers = finished.filter((body) => body.startsWith(group)).map((body) => Number(body.slice(1)));
      expect(numbers).toEqual(Array.from({ length: 12 }, (_, n) => n));
    }
  });
});

/** A small generator of numbers in [0, 1), the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
