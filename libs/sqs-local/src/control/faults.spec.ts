import { describe, expect, it } from 'vitest';
import { call, queueClient } from '../client.test-support.js';
import { LocalSqs, VirtualClock } from '../index.js';

describe('LocalSqs.fail', () => {
  it('answers the next requests of an action with an error and does not carry them out', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    const fault = sqs.fail({ action: 'SendMessage', times: 2, how: 'error', code: 'RequestThrottled', status: 400 });
    await expect(queue.send('a')).rejects.toMatchObject({ code: 'RequestThrottled', status: 400 });
    expect(fault.remaining).toBe(1);
    expect(await queue.receive()).toEqual([]);
    await expect(queue.send('b')).rejects.toMatchObject({ code: 'RequestThrottled' });
    await queue.send('c');
    expect(await queue.bodies()).toEqual(['c']);
    expect(sqs.requestCounts().SendMessage).toBe(3);
  });

  it('strikes only the queue it names, until it is cancelled', async () => {
    await using sqs = await LocalSqs.start();
    const [one, two] = [queueClient(sqs, 'one'), queueClient(sqs, 'two')];
    const fault = sqs.fail({ queue: 'one', times: Infinity, how: 'error' });
    await two.send('x');
    await expect(one.send('x')).rejects.toMatchObject({ status: 500 });
    await expect(one.send('x')).rejects.toMatchObject({ code: 'InternalFailure' });
    fault.cancel();
    await one.send('x');
  });

  it('cuts the connection before or after the request is carried out', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    sqs.fail({ action: 'SendMessage', how: 'drop' });
    await expect(queue.send('dropped')).rejects.toThrow('fetch failed');
    sqs.fail({ action: 'SendMessage', how: 'lose' });
    await expect(queue.send('lost')).rejects.toThrow('fetch failed');
    expect(sqs.queue('celery').messages.map(({ body }) => body)).toEqual(['lost']);
  });

  it('never answers, and lets a virtual clock move on meanwhile', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const queue = queueClient(sqs, 'celery');
    sqs.fail({ action: 'ReceiveMessage', how: 'hang' });
    let ended = false;
    const giveUp = new AbortController();
    const hanging = queue.receive({}, giveUp.signal).finally(() => (ended = true));
    await clock.advance(3_600_000);
    expect(ended).toBe(false);
    giveUp.abort();
    await expect(hanging).rejects.toThrow('aborted');
  });

  it('fails single entries of a batch', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    sqs.fail({ action: 'SendMessageBatch', how: 'entries', select: (id) => id === 'b' });
    const Entries = ['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: Id }));
    const answer = await call(sqs, 'SendMessageBatch', { QueueUrl: queue.QueueUrl, Entries });
    expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['a', 'c']);
    expect(answer.Failed).toMatchObject([{ Id: 'b', Code: 'InternalError', SenderFault: false }]);
    expect(sqs.queue('celery').visible).toBe(2);
  });

  it('clears all faults', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    sqs.fail({ how: 'error' });
    sqs.clearFaults();
    await queue.send('x');
    expect(sqs.queue('celery').visible).toBe(1);
  });
});
