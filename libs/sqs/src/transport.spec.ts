// oxlint-disable no-restricted-imports -- tests talk to the local endpoint
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LocalSqs, VirtualClock } from '#sqs-local';

import { transportFor, whileTimePasses, type Harness } from './transport.test-support.js';

let sqs: LocalSqs;
let clock: VirtualClock;
let harness: Harness | undefined;

beforeEach(async () => {
  clock = new VirtualClock();
  sqs = await LocalSqs.start({ port: 0, clock });
});
afterEach(async () => {
  if (harness) await whileTimePasses(clock, harness.close());
  await sqs.close();
});

describe('SqsTransport', () => {
  it('sends what is sent together in one request, and receives, deletes and polls no more than needed', async () => {
    sqs.createQueue('celery');
    harness = await transportFor(sqs, clock, { queues: ['celery'] });
    const seen: string[] = [];
    const sender = harness.transport.sender;
    await Promise.all([1, 2, 3].map((n) => sender.send('celery', { body: `m${n}` })));
    harness.consume('celery', {}, async (delivery) => {
      seen.push(delivery.body);
      void delivery.acknowledge();
    });
    await clock.advanceUntil(() => sqs.queue('celery').messages.length === 0);
    expect(seen.sort()).toEqual(['m1', 'm2', 'm3']);
    expect(harness.requests).toEqual({
      GetQueueAttributes: 1,
      GetQueueUrl: 1,
      SendMessageBatch: 1,
      ReceiveMessage: 2,
      DeleteMessageBatch: 1,
    });
  });

  it('polls once per wait time when idle', async () => {
    sqs.createQueue('celery');
    harness = await transportFor(sqs, clock, { queues: ['celery'] });
    harness.consume('celery', {}, async () => undefined);
    await clock.advance(3_600_000 - 1);
    expect(harness.requests['ReceiveMessage']).toBe(180);
  });
});
