import type { Delivery } from '#celery/ports';
import { LocalSqs, VirtualClock } from '#sqs-local';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transportFor, whileTimePasses, type Harness } from '../transport.test-support.js';

const clock = new VirtualClock();
let sqs: LocalSqs;
let harness: Harness | undefined;

beforeEach(async () => {
  sqs = await LocalSqs.start({ clock });
  harness = undefined;
});

afterEach(async () => {
  if (harness) await whileTimePasses(clock, harness.close());
  await sqs.close();
});

/** Makes a queue with a dead-letter queue and answers the ARN of that. */
function createQueue(name: string, dead: string): string {
  sqs.createQueue(dead, { attributes: { VisibilityTimeout: '45' } });
  const { arn } = sqs.queue(dead);
  const policy = { deadLetterTargetArn: arn, maxReceiveCount: 1 };
  sqs.createQueue(name, { attributes: { RedrivePolicy: JSON.stringify(policy) } });
  return arn;
}

async function open(...queues: string[]): Promise<Harness> {
  harness = await whileTimePasses(clock, transportFor(sqs, clock, { queues }));
  return harness;
}

describe('a dead-letter queue', () => {
  it('is found by the ARN in a redrive policy, with one request', async () => {
    const arn = createQueue('celery', 'celery-dead');
    const { transport, requests } = await open('celery');
    const before = { ...requests };
    const queue = await whileTimePasses(clock, transport.deadLetterQueue(arn));
    expect(queue).toEqual({ name: arn, url: sqs.queueUrl('celery-dead'), fifo: false, visibilityTimeout: 45 });
    expect(requests).toEqual({ ...before, GetQueueAttributes: (before['GetQueueAttributes'] ?? 0) + 1 });
    expect(await whileTimePasses(clock, transport.counts(arn))).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('tells its own redrive policy', async () => {
    const last = createQueue('dead', 'last');
    sqs.createQueue('celery', {
      attributes: {
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: sqs.queue('dead').arn, maxReceiveCount: 5 }),
      },
    });
    const { transport } = await open('celery');
    const queue = await whileTimePasses(clock, transport.deadLetterQueue(sqs.queue('dead').arn));
    expect(queue.redrivePolicy).toEqual({ deadLetterTargetArn: last, maxReceiveCount: 1 });
  });

  it('is no queue that is sent to, or that is one of the prepared ones', async () => {
    const arn = createQueue('celery', 'celery-dead');
    const { transport } = await open('celery');
    await whileTimePasses(clock, transport.deadLetterQueue(arn));
    expect(transport.sender.queue(arn)).toBeUndefined();
    expect(transport.queues().map(({ name }) => name)).toEqual(['celery']);
  });

  it.each([
    ['AccessDenied', 403, 'SQS_CELERY_QUEUE_ACCESS_DENIED'],
    ['AWS.SimpleQueueService.NonExistentQueue', 400, 'SQS_CELERY_QUEUE_NOT_FOUND'],
  ])('that answers %s is an error that says so', async (awsCode, status, code) => {
    const arn = createQueue('celery', 'celery-dead');
    const { transport } = await open('celery');
    sqs.fail({ how: 'error', queue: 'celery-dead', code: awsCode, status });
    const failed = transport.deadLetterQueue(arn).catch((error: unknown) => error);
    expect(await whileTimePasses(clock, failed)).toMatchObject({ code, queue: arn });
    await expect(transport.deadLetterQueue('arn:aws:sqs:us-east-1:000000000000:unknown')).rejects.toThrow(
      /not configured/,
    );
  });

  it('gives out all letters of a FIFO group, each of which stays', async () => {
    const arn = createQueue('orders.fifo', 'orders-dead.fifo');
    const orders = await open('orders.fifo');
    const { transport, events } = orders;
    const dead = await open('orders-dead.fifo');
    const sending = ['a', 'b', 'c'].map((body) =>
      dead.transport.sender.send('orders-dead.fifo', { body, messageGroupId: 'g', messageDeduplicationId: body }),
    );
    await whileTimePasses(clock, Promise.all(sending));
    await whileTimePasses(clock, dead.close());
    await whileTimePasses(clock, transport.deadLetterQueue(arn));
    const seen: string[] = [];
    const look = async (delivery: Delivery): Promise<void> => {
      seen.push(delivery.body);
      await delivery.release(30);
    };
    const consumer = orders.consume(arn, { waitTimeSeconds: 2, lease: 30 }, look);
    await clock.advanceUntil(() => seen.length === 3);
    expect(seen.toSorted()).toEqual(['a', 'b', 'c']);
    await whileTimePasses(clock, consumer.stop({ shutdownTimeoutMs: 0 }));
    expect(sqs.queue('orders-dead.fifo').messages).toHaveLength(3);
    expect(events).toEqual([]);
    await whileTimePasses(clock, transport.close());
  });
});
