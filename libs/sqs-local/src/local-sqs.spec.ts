import { once } from 'node:events';
import { connect } from 'node:net';
import { QueueDoesNotExist, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { call, queueClient, rejectionOf } from './client.test-support.js';
import { LocalSqs, VirtualClock } from './index.js';

function sdkClient(sqs: LocalSqs): SQSClient {
  return new SQSClient({
    endpoint: sqs.endpoint,
    region: sqs.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
}

describe('LocalSqs', () => {
  it('listens on the loopback interface only, on a port of its own', async () => {
    await using sqs = await LocalSqs.start();
    expect(sqs.endpoint).toBe(`http://127.0.0.1:${sqs.port}`);
    expect(sqs.queueUrl('celery')).toBe(`${sqs.endpoint}/000000000000/celery`);
  });

  it('refuses options that cannot work, all in one error', async () => {
    await expect(LocalSqs.start({ port: -1, accountId: '12' })).rejects.toThrow(/port must be .* accountId must be/);
  });

  it('rejects when the port is taken', async () => {
    await using sqs = await LocalSqs.start();
    await expect(LocalSqs.start({ port: sqs.port })).rejects.toThrow('EADDRINUSE');
  });

  it('closes at once with open polls and idle connections, and twice without harm', async () => {
    const sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    const polling = queue.receive({ WaitTimeSeconds: 20 });
    const socket = connect(sqs.port, '127.0.0.1');
    await once(socket, 'connect');
    await expect.poll(() => sqs.queue('celery').longPolls).toBe(1);
    const since = performance.now();
    await Promise.all([sqs.close(), sqs.close()]);
    expect(performance.now() - since).toBeLessThan(500);
    expect(await polling).toEqual([]);
    socket.destroy();
  });

  it('counts requests by action', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    await queue.send('a');
    await queue.send('b');
    await queue.receive();
    expect(sqs.requestCounts()).toEqual({ SendMessage: 2, ReceiveMessage: 1 });
    sqs.resetRequestCounts();
    expect(sqs.requestCounts()).toEqual({});
  });

  it('shows a queue as it is, without a receive', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const queue = queueClient(sqs, 'celery', { VisibilityTimeout: '10' });
    await queue.send('a', { MessageAttributes: { k: { DataType: 'String', StringValue: 'v' } } });
    await queue.send('b');
    await queue.send('c', { DelaySeconds: 5 });
    await queue.receive({ MaxNumberOfMessages: 1 });
    const view = sqs.queue('celery');
    expect([view.visible, view.inFlight, view.delayed]).toEqual([1, 1, 1]);
    expect(
      view.messages.map(({ body, state, receiveCount, hiddenForMs }) => [body, state, receiveCount, hiddenForMs]),
    ).toEqual([
      ['a', 'inFlight', 1, 10_000],
      ['b', 'visible', 0, 0],
      ['c', 'delayed', 0, 5000],
    ]);
    expect(view.messages[0]?.attributes).toEqual({ k: { dataType: 'String', value: 'v' } });
    expect(() => sqs.queue('nope')).toThrow('there is no queue "nope"; there are: celery');
  });

  it('serves the AWS SDK on a virtual clock', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const client = sdkClient(sqs);
    const QueueUrl = sqs.createQueue('celery', { attributes: { VisibilityTimeout: '3600' } });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'later', DelaySeconds: 600 }));
    const got: string[] = [];
    const worker = async (): Promise<void> => {
      for (let poll = 0; poll < 40; poll++) {
        const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
        got.push(...Messages.map(({ Body }) => `${clock.monotonic()} ${Body}`));
      }
    };
    const workers = Promise.all([worker(), worker(), worker()]);
    await clock.advance(800_000);
    await workers;
    expect(got).toEqual(['600000 later']);
    await expect(
      client.send(new SendMessageCommand({ QueueUrl: sqs.queueUrl('nope'), MessageBody: 'x' })),
    ).rejects.toBeInstanceOf(QueueDoesNotExist);
    client.destroy();
  });
});

describe('receiving', () => {
  it('gives a batch that arrives to one waiting poll as a whole', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    const polling = queue.bodies({ WaitTimeSeconds: 20 });
    await expect.poll(() => sqs.queue('celery').longPolls).toBe(1);
    const Entries = [0, 1, 2].map((n) => ({ Id: `${n}`, MessageBody: `${n}` }));
    await call(sqs, 'SendMessageBatch', { QueueUrl: queue.QueueUrl, Entries });
    expect(await polling).toEqual(['0', '1', '2']);
  });

  it('gives nothing to polls that are gone, however close the message follows', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    for (let round = 0; round < 30; round++) {
      const leaving = new AbortController();
      const polling = queue.receive({ WaitTimeSeconds: 20 }, leaving.signal);
      await expect.poll(() => sqs.queue('celery').longPolls, { interval: 1 }).toBe(1);
      leaving.abort();
      await expect(polling).rejects.toThrow('aborted');
      await queue.send(`${round}`);
      expect(await queue.bodies({ VisibilityTimeout: 600 })).toEqual([`${round}`]);
    }
    expect(sqs.queue('celery').messages.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
  });

  it('refuses a short poll with the quota in flight, and lets a long poll and a FIFO queue wait', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock, inFlightQuota: 2 });
    const queue = queueClient(sqs, 'celery');
    const fifo = queueClient(sqs, 'celery.fifo', { ContentBasedDeduplication: 'true' });
    for (const body of ['a', 'b', 'c']) {
      await queue.send(body);
      await fifo.send(body, { MessageGroupId: body });
    }
    expect(await queue.bodies()).toEqual(['a', 'b']);
    expect(await fifo.bodies()).toEqual(['a', 'b']);
    expect(await rejectionOf(queue.receive())).toMatchObject({ code: 'OverLimit', status: 403 });
    expect(await fifo.receive()).toEqual([]);
    const polling = queue.bodies({ WaitTimeSeconds: 20 });
    await clock.advance(20_000);
    expect(await polling).toEqual([]);
  });

  it('ends the polls of a queue that is deleted with an error', async () => {
    await using sqs = await LocalSqs.start();
    const queue = queueClient(sqs, 'celery');
    const polling = rejectionOf(queue.receive({ WaitTimeSeconds: 20 }));
    await expect.poll(() => sqs.queue('celery').longPolls).toBe(1);
    await call(sqs, 'DeleteQueue', { QueueUrl: queue.QueueUrl });
    expect((await polling).code).toBe('QueueDoesNotExist');
  });
});

describe('waits that SQS enforces', () => {
  it('are enforced on request', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock, enforceWaits: true });
    const { QueueUrl } = queueClient(sqs, 'celery');
    await call(sqs, 'PurgeQueue', { QueueUrl });
    expect(await rejectionOf(call(sqs, 'PurgeQueue', { QueueUrl }))).toMatchObject({
      code: 'PurgeQueueInProgress',
      status: 403,
    });
    await clock.advance(60_000);
    await call(sqs, 'PurgeQueue', { QueueUrl });
    await call(sqs, 'DeleteQueue', { QueueUrl });
    expect((await rejectionOf(call(sqs, 'CreateQueue', { QueueName: 'celery' }))).code).toBe('QueueDeletedRecently');
    await clock.advance(60_000);
    await call(sqs, 'CreateQueue', { QueueName: 'celery' });
  });
});
