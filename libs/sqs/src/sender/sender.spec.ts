import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { MessageSender } from '#celery/ports';
import { LocalSqs, VirtualClock } from '#sqs-local';

import { localQueue, transportFor, whileTimePasses, type Harness } from '../transport.test-support.js';
import { messageSize } from './message-size.js';

let sqs: LocalSqs;
let clock: VirtualClock;
let harness: Harness;
let sender: MessageSender;

beforeEach(async () => {
  clock = new VirtualClock();
  sqs = await LocalSqs.start({ port: 0, clock });
  sqs.createQueue('q');
  sqs.createQueue('small', { attributes: { MaximumMessageSize: '1024' } });
  sqs.createQueue('q.fifo', { attributes: { ContentBasedDeduplication: 'true' } });
  const queues = ['small', ...['q', 'q.fifo'].map((name) => localQueue(name, { consume: false }))];
  harness = await transportFor(sqs, clock, { queues });
  sender = harness.transport.sender;
  sqs.resetRequestCounts();
});
afterEach(async () => {
  sqs.clearFaults();
  await whileTimePasses(clock, harness.close());
  await sqs.close();
});

const bodies = (queue = 'q'): string[] => sqs.queue(queue).messages.map((message) => message.body);
const failure = (work: Promise<void>): Promise<unknown> =>
  whileTimePasses(
    clock,
    work.then(
      () => undefined,
      (e: unknown) => e,
    ),
  );

describe('the sender', () => {
  it('puts what is sent in one turn into full batches', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, n) => sender.send('q', { body: `${n}` })));
    expect(sqs.requestCounts()).toEqual({ SendMessageBatch: 3 });
    expect(bodies()).toHaveLength(25);
  });

  it('splits by bytes', async () => {
    const body = 'x'.repeat(300_000);
    await Promise.all(Array.from({ length: 4 }, () => sender.send('q', { body })));
    expect(sqs.requestCounts()).toEqual({ SendMessageBatch: 2 });
  });

  it('makes its batches smaller where the endpoint takes less', async () => {
    sqs.fail({ how: 'error', action: 'SendMessageBatch', code: 'BatchRequestTooLong', status: 400 });
    const sent = Promise.all(Array.from({ length: 4 }, () => sender.send('q', { body: 'x'.repeat(100_000) })));
    await whileTimePasses(clock, sent);
    expect(sqs.requestCounts()).toEqual({ SendMessageBatch: 3 });
    expect(bodies()).toHaveLength(4);
  });

  it('refuses what is too large before any request', async () => {
    expect(await failure(sender.send('small', { body: 'é'.repeat(513) }))).toMatchObject({
      code: 'SQS_CELERY_MESSAGE_TOO_LARGE',
      bytes: 1026,
      maximumMessageSize: 1024,
    });
    expect(await failure(sender.send('q', { body: 'x'.repeat(1_048_577) }))).toMatchObject({
      code: 'SQS_CELERY_MESSAGE_TOO_LARGE',
    });
    expect(sqs.requestCounts()).toEqual({});
  });

  it('counts attributes', () => {
    const messageAttributes = {
      name: { DataType: 'String', StringValue: 'é' },
      b: { DataType: 'Binary', BinaryValue: new Uint8Array(3) },
    };
    expect(messageSize({ body: 'é', messageAttributes })).toBe(2 + (4 + 6 + 2) + (1 + 6 + 3));
  });

  it('repeats only what failed', async () => {
    sqs.fail({ how: 'entries', action: 'SendMessageBatch', select: (_, index) => index === 1 });
    await whileTimePasses(clock, Promise.all(['1', '2', '3'].map((body) => sender.send('q', { body }))));
    expect(bodies().toSorted()).toEqual(['1', '2', '3']);
    expect(sqs.requestCounts()).toEqual({ SendMessageBatch: 2 });
  });

  it('rejects at once what is the sender’s fault, and sends the rest', async () => {
    const outcomes = await Promise.allSettled([
      sender.send('q', { body: 'good' }),
      sender.send('q', { body: 'bad \u0001' }),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected']);
    expect(outcomes[1]).toMatchObject({
      reason: { code: 'SQS_CELERY_SEND_FAILED', awsCode: 'InvalidMessageContents' },
    });
    expect(bodies()).toEqual(['good']);
  });

  it.each([
    ['throttling', { how: 'error', code: 'RequestThrottled', status: 400 }],
    ['5xx', { how: 'error', status: 503 }],
    ['a cut connection', { how: 'drop' }],
    ['no answer', { how: 'hang' }],
  ] as const)('survives %s', async (_, fault) => {
    sqs.fail({ ...fault, action: 'SendMessageBatch', times: 2 });
    await whileTimePasses(clock, sender.send('q', { body: 'm' }));
    expect(bodies()).toEqual(['m']);
  });

  it('gives up with what AWS said, and what to do', async () => {
    sqs.fail({ how: 'error', action: 'SendMessageBatch', code: 'AccessDenied', status: 403 });
    expect(await failure(sender.send('q', { body: 'm' }))).toMatchObject({
      awsCode: 'AccessDenied',
      message: expect.stringMatching(/Allow sqs:SendMessage/),
    });
    sqs.fail({ how: 'drop', action: 'SendMessageBatch', times: Infinity });
    expect(await failure(sender.send('q', { body: 'm' }))).toMatchObject({ code: 'SQS_CELERY_SEND_FAILED' });
  });

  it('knows its queues', async () => {
    expect(sender.queue('q')).toMatchObject({ name: 'q', fifo: false });
    expect(sender.queue('other')).toBeUndefined();
    expect(await failure(sender.send('other', { body: 'm' }))).toMatchObject({
      message: expect.stringMatching(/small, q, q\.fifo/),
    });
  });

  it('sends to the queue an ARN names, with SendMessage alone', async () => {
    sqs.createQueue('dead');
    await sender.sendToArn(sqs.queue('dead').arn, harness.transport.queues()[0]!, { body: 'poison' });
    expect(bodies('dead')).toEqual(['poison']);
    expect(sqs.requestCounts()).toEqual({ SendMessageBatch: 1 });
  });

  it('keeps the order of a FIFO group though a message has to be repeated', async () => {
    sqs.fail({ how: 'entries', action: 'SendMessageBatch', select: (_, index) => index === 0 });
    const sent = ['a', 'b'].flatMap((group) =>
      [1, 2, 3].map((n) => sender.send('q.fifo', { body: `${group}${n}`, messageGroupId: group })),
    );
    await whileTimePasses(clock, Promise.all(sent));
    for (const group of ['a', 'b']) {
      expect(bodies('q.fifo').filter((body) => body.startsWith(group))).toEqual([1, 2, 3].map((n) => `${group}${n}`));
    }
  });

  it('mixes groups in a batch', async () => {
    const sent = ['a', 'b'].flatMap((group) =>
      [1, 2, 3].map((n) => sender.send('q.fifo', { body: `${group}${n}`, messageGroupId: group })),
    );
    await Promise.all(sent);
    expect(sqs.requestCounts()).toEqual({ SendMessageBatch: 3 });
  });

  it('sends what is still to be sent when it is closed, and then refuses', async () => {
    sqs.fail({ how: 'drop', action: 'SendMessageBatch' });
    const sent = sender.send('q', { body: 'last' });
    await clock.settle();
    await whileTimePasses(clock, harness.transport.close());
    await sent;
    expect(bodies()).toEqual(['last']);
    expect(await failure(sender.send('q', { body: 'm' }))).toMatchObject({ code: 'SQS_CELERY_TRANSPORT_CLOSED' });
  });

  it('gives up what cannot be sent when it is closed', async () => {
    sqs.fail({ how: 'hang', action: 'SendMessageBatch', times: Infinity });
    const sent = sender.send('q', { body: 'm' }).catch((reason: unknown) => reason);
    await whileTimePasses(clock, harness.transport.close());
    expect(await sent).toMatchObject({ code: 'SQS_CELERY_TRANSPORT_CLOSED' });
  });
});
