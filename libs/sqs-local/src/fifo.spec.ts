import { describe, expect, it } from 'vitest';
import { call, queueClient } from './client.test-support.js';
import { LocalSqs, VirtualClock } from './index.js';

const fifo = { ContentBasedDeduplication: 'true', VisibilityTimeout: '30' };

async function start() {
  const clock = new VirtualClock();
  const sqs = await LocalSqs.start({ clock });
  return { clock, sqs };
}

describe('FIFO queues', () => {
  it('forget a deduplication id five minutes after the first send, which a duplicate does not prolong', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    const queue = queueClient(sqs, 'q.fifo', fifo);
    const send = () => queue.send('x', { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
    const first = await send();
    await clock.advance(200_000);
    const duplicate = await send();
    expect([duplicate.MessageId, duplicate.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
    await clock.advance(99_999);
    await send();
    expect(sqs.queue('q.fifo').messages).toHaveLength(1);
    await clock.advance(1);
    await send();
    expect(sqs.queue('q.fifo').messages).toHaveLength(2);
  });

  it('refuse a handle whose visibility timeout is over', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    const queue = queueClient(sqs, 'q.fifo', fifo);
    await queue.send('x', { MessageGroupId: 'g' });
    const [message] = await queue.receive();
    await clock.advance(30_000);
    await expect(queue.remove(message!.ReceiptHandle)).rejects.toThrow('The receipt handle has expired');
    expect(sqs.queue('q.fifo').visible).toBe(1);
  });

  it('answer a repeated receive request with the same messages and hide them anew', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    const queue = queueClient(sqs, 'q.fifo', fifo);
    await queue.send('a', { MessageGroupId: 'g' });
    await queue.send('b', { MessageGroupId: 'h' });
    const attempt = { ReceiveRequestAttemptId: 'attempt-1', AttributeNames: ['ApproximateReceiveCount'] };
    const first = await queue.receive(attempt);
    await clock.advance(20_000);
    expect(await queue.receive(attempt)).toEqual(first);
    await clock.advance(29_999);
    expect(sqs.queue('q.fifo').inFlight).toBe(2);
    await queue.hide(first[0]!.ReceiptHandle, 60);
    expect(await queue.receive(attempt)).toEqual([]);
    await clock.advance(1);
    expect(await queue.bodies(attempt)).toEqual(['b']);
  });

  it('apply a change of the queue delay to messages that wait already', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    const queue = queueClient(sqs, 'q.fifo', { ...fifo, DelaySeconds: '600' });
    await queue.send('x', { MessageGroupId: 'g' });
    await clock.advance(60_000);
    await call(sqs, 'SetQueueAttributes', { QueueUrl: queue.QueueUrl, Attributes: { DelaySeconds: '90' } });
    await clock.advance(29_999);
    expect(await queue.receive()).toEqual([]);
    await clock.advance(1);
    expect(await queue.bodies()).toEqual(['x']);
  });
});
