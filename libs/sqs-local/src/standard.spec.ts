import { describe, expect, it } from 'vitest';
import { call, queueClient, rejectionOf } from './client.test-support.js';
import { LocalSqs, VirtualClock } from './index.js';

describe('standard queues', () => {
  it('hides for the visibility timeout, counted from each change', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const queue = queueClient(sqs, 'celery', { VisibilityTimeout: '30' });
    await queue.send('x');
    const [message] = await queue.receive();
    await clock.advance(29_000);
    await queue.hide(message!.ReceiptHandle, 30);
    await clock.advance(29_999);
    expect(await queue.receive()).toEqual([]);
    await clock.advance(1);
    expect(await queue.bodies()).toEqual(['x']);
  });

  it('lets the newest handle delete after the timeout, and an older one do nothing', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const queue = queueClient(sqs, 'celery', { VisibilityTimeout: '1' });
    await queue.send('x');
    const [first] = await queue.receive();
    await clock.advance(1000);
    const [second] = await queue.receive();
    await clock.advance(1000);
    await queue.remove(first!.ReceiptHandle);
    expect(sqs.queue('celery').visible).toBe(1);
    expect((await rejectionOf(queue.hide(second!.ReceiptHandle, 5))).code).toBe('MessageNotInflight');
    await queue.remove(second!.ReceiptHandle);
    expect(sqs.queue('celery').messages).toEqual([]);
  });

  it('allows 12 hours in flight after a receive', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const queue = queueClient(sqs, 'celery');
    await queue.send('x');
    const [message] = await queue.receive({ VisibilityTimeout: 43_200 });
    await clock.advance(43_000_000);
    expect((await rejectionOf(queue.hide(message!.ReceiptHandle, 201))).code).toBe('InvalidParameterValueException');
    await queue.hide(message!.ReceiptHandle, 200);
    await clock.advance(200_000);
    expect(await queue.bodies()).toEqual(['x']);
  });

  it('drops what is older than the retention period, also in flight, and applies a change of it', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const queue = queueClient(sqs, 'celery', { MessageRetentionPeriod: '3600' });
    await queue.send('visible');
    await queue.send('in flight');
    await clock.advance(60_000);
    await queue.receive({ MaxNumberOfMessages: 1, VisibilityTimeout: 43_200 });
    await queue.send('younger');
    await clock.advance(3_539_999);
    expect(sqs.queue('celery').messages).toHaveLength(3);
    await clock.advance(1);
    expect(sqs.queue('celery').messages.map(({ body }) => body)).toEqual(['younger']);
    await call(sqs, 'SetQueueAttributes', { QueueUrl: queue.QueueUrl, Attributes: { MessageRetentionPeriod: '60' } });
    expect(sqs.queue('celery').messages).toEqual([]);
  });

  it('keeps age and receive count in the dead-letter queue', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const dead = queueClient(sqs, 'dead', { MessageRetentionPeriod: '3600' });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: sqs.queue('dead').arn, maxReceiveCount: 2 });
    const queue = queueClient(sqs, 'celery', { RedrivePolicy });
    await queue.send('x');
    await clock.advance(600_000);
    for (let receive = 0; receive < 3; receive++) await queue.receive({ VisibilityTimeout: 0 });
    const [message] = await dead.receive({ AttributeNames: ['All'], VisibilityTimeout: 0 });
    expect(message?.Attributes).toMatchObject({
      ApproximateReceiveCount: '3',
      DeadLetterQueueSourceArn: sqs.queue('celery').arn,
    });
    await clock.advance(2_999_999);
    expect(sqs.queue('dead').visible).toBe(1);
    await clock.advance(1);
    expect(sqs.queue('dead').visible).toBe(0);
  });

  it('moves messages back at the rate that was asked for, and stops when cancelled', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const dead = queueClient(sqs, 'dead');
    const SourceArn = sqs.queue('dead').arn;
    queueClient(sqs, 'celery', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 2 }),
    });
    for (let n = 0; n < 10; n++) await dead.send(`${n}`);
    const DestinationArn = sqs.queue('celery').arn;
    const { TaskHandle } = await call(sqs, 'StartMessageMoveTask', {
      SourceArn,
      DestinationArn,
      MaxNumberOfMessagesPerSecond: 2,
    });
    const again = await rejectionOf(call(sqs, 'StartMessageMoveTask', { SourceArn, DestinationArn }));
    expect(again.code).toBe('UnsupportedOperation');
    await clock.advance(2000);
    expect(sqs.queue('celery').visible).toBe(6);
    await call(sqs, 'CancelMessageMoveTask', { TaskHandle });
    await clock.advance(10_000);
    expect(sqs.queue('celery').visible).toBe(6);
    const { Results } = await call(sqs, 'ListMessageMoveTasks', { SourceArn });
    expect(Results).toMatchObject([{ Status: 'CANCELLED', ApproximateNumberOfMessagesMoved: 6 }]);
  });

  it('cannot move back what was sent to the dead-letter queue itself', async () => {
    await using sqs = await LocalSqs.start();
    const dead = queueClient(sqs, 'dead');
    const SourceArn = sqs.queue('dead').arn;
    queueClient(sqs, 'celery', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 2 }),
    });
    await dead.send('x');
    await call(sqs, 'StartMessageMoveTask', { SourceArn });
    const { Results } = await call(sqs, 'ListMessageMoveTasks', { SourceArn });
    expect(Results).toMatchObject([{ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' }]);
    expect(sqs.queue('dead').visible).toBe(1);
  });
});
