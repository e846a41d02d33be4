import {
  createTaskMessage,
  decodeMessage,
  type MessageSender,
  type QueueInfo,
  type QueueMessage,
  type TaskMessageSpec,
} from '#celery';
import { describe, expect, it } from 'vitest';
import { Publisher } from './publisher.js';

const NOW = Date.UTC(2030, 0, 1);
const clock = { now: () => NOW, monotonic: () => 0, setTimeout: () => ({ cancel: () => undefined }) };

/** A sender that keeps what it is given. */
class KeepingSender implements MessageSender {
  readonly sent: { queue: string; message: QueueMessage }[] = [];

  constructor(private readonly attributes: Partial<QueueInfo> = {}) {}

  queue(name: string): QueueInfo {
    return { name, url: `http://127.0.0.1/${name}`, fifo: name.endsWith('.fifo'), ...this.attributes };
  }

  async send(queue: string, message: QueueMessage): Promise<void> {
    this.sent.push({ queue, message });
  }

  async sendToArn(): Promise<void> {
    throw new Error('not expected');
  }
}

function redrive(maxReceiveCount: number) {
  return { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead.fifo', maxReceiveCount };
}

async function publish(
  spec: Partial<TaskMessageSpec>,
  options = {},
  attributes: Partial<QueueInfo> = {},
): Promise<QueueMessage> {
  const sender = new KeepingSender(attributes);
  const message = createTaskMessage({ task: 'add', queue: 'celery', origin: 'gen1@test', now: NOW, ...spec });
  await new Publisher({ sender, clock }).publish(message, options);
  expect(sender.sent).toHaveLength(1);
  expect(sender.sent[0]?.queue).toBe(spec.queue ?? 'celery');
  return sender.sent[0]?.message as QueueMessage;
}

describe('Publisher', () => {
  it('puts a message that decodes to what it was on the queue its routing key names', async () => {
    const { body } = await publish({ args: [1, 'é'], kwargs: { a: null } });
    expect(decodeMessage(body)).toMatchObject({ kind: 'task', message: { args: [1, 'é'], kwargs: { a: null } } });
  });

  it.each([
    [{}, undefined],
    [{ countdown: 0 }, undefined],
    [{ countdown: -5 }, undefined],
    [{ countdown: 0.2 }, 1],
    [{ countdown: 60 }, 60],
    [{ eta: new Date(NOW + 61_500) }, 62],
    [{ eta: '2030-01-01T02:00:30+02:00' }, 30],
    [{ countdown: 900 }, 900],
    [{ countdown: 86_400 }, 900],
  ])('lets SQS delay %o by %s seconds', async (spec, delaySeconds) => {
    expect((await publish(spec)).delaySeconds).toBe(delaySeconds);
  });

  it('gives FIFO messages kombu’s group and an id of task, nesting and retries, and no delay', async () => {
    expect(await publish({ queue: 'a.fifo', id: 'task-1', retries: 2, replacedTaskNesting: 1, countdown: 60 })).toEqual(
      {
        body: expect.any(String),
        messageGroupId: 'default',
        messageDeduplicationId: 'task-1:1:2',
      },
    );
  });

  it('takes given ids, hashed where SQS would not accept them', async () => {
    const options = { messageGroupId: 'tenant', messageDeduplicationId: 'ü'.repeat(80) };
    const message = await publish({ queue: 'a.fifo' }, options);
    expect(message.messageGroupId).toBe('tenant');
    expect(message.messageDeduplicationId).toMatch(/^[0-9a-f]{64}$/);
    for (const messageGroupId of ['tenant 1', 'ü', 'x'.repeat(129)]) {
      expect((await publish({ queue: 'a.fifo' }, { messageGroupId })).messageGroupId).toMatch(/^[0-9a-f]{64}$/);
      expect((await publish({}, { messageGroupId })).messageGroupId).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it.each([
    ['its retention', { countdown: 7_200 }, { messageRetentionPeriod: 3_600 }, /keeps messages for 3600 s/],
    ['its receives', { countdown: 60 }, { redrivePolicy: redrive(1) }, /would need 2 receives.*allows 1/],
    ['its receives, 12 hours each', { countdown: 100_000 }, { redrivePolicy: redrive(3) }, /would need 4 receives/],
  ])('refuses a FIFO message whose ETA is beyond %s', async (_what, spec, attributes, message) => {
    await expect(publish({ queue: 'a.fifo', ...spec }, {}, attributes)).rejects.toThrow(message);
    // A standard message may be published again on its way.
    await expect(publish(spec, {}, attributes)).resolves.toBeDefined();
  });

  it.each([
    [{ countdown: 2 }, { redrivePolicy: redrive(1) }],
    [{ countdown: 3_000 }, { redrivePolicy: redrive(2), messageRetentionPeriod: 3_600 }],
    [{ countdown: 7_200 }, {}],
    [{}, { redrivePolicy: redrive(1), messageRetentionPeriod: 60 }],
  ])('takes a FIFO message with %o where the queue has %o', async (spec, attributes) => {
    await expect(publish({ queue: 'a.fifo', ...spec }, {}, attributes)).resolves.toBeDefined();
  });

  it('gives standard messages a group only when asked to (fair queues), and never a deduplication id', async () => {
    expect(await publish({})).not.toHaveProperty('messageGroupId');
    const fair = await publish({}, { messageGroupId: 'tenant', messageDeduplicationId: 'x' });
    expect(fair).toMatchObject({ messageGroupId: 'tenant' });
    expect(fair).not.toHaveProperty('messageDeduplicationId');
  });
});
