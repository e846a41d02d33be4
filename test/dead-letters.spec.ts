import {
  ReceiveMessageCommand,
  SQSClient,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  type ReceiveMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { Injectable } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { CLOCK, MemoryResultStore, SqsCeleryModule, Task, TaskProducer, signature } from 'nestjs-sqs-celery';
import { LocalSqs, VirtualClock, type MessageView } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLogger, localOptions } from './nest.test-support.js';

const MINUTE = 60_000;
const MAX_RECEIVE_COUNT = 3;

let ran: string[];

@Injectable()
class Tasks {
  @Task('pay')
  pay(id: string): string {
    ran.push(`pay ${id}`);
    return 'paid';
  }

  @Task('on_error')
  onError(id: string): void {
    ran.push(`on_error ${id}`);
  }
}

let clock: VirtualClock;
let sqs: LocalSqs;
let client: SQSClient;
let results: MemoryResultStore;
let log: RecordingLogger;
let apps: TestingModule[];

beforeEach(async () => {
  ran = [];
  apps = [];
  clock = new VirtualClock();
  sqs = await LocalSqs.start({ clock });
  log = new RecordingLogger();
  results = new MemoryResultStore({ clock });
  client = new SQSClient({
    endpoint: sqs.endpoint,
    region: sqs.region,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'hunter2' },
  });
});

afterEach(async () => {
  client.destroy();
  await ended(Promise.all(apps.map((app) => app.close())));
  await sqs.close();
});

/** Makes queues whose messages go to `dead`, by default one of each queue's own, when they were received too often. */
function createQueues(names: readonly string[], dead?: string): void {
  for (const name of names) {
    const target = dead ?? deadOf(name);
    if (!sqs.queueNames().includes(target)) sqs.createQueue(target);
    const policy = { deadLetterTargetArn: sqs.queue(target).arn, maxReceiveCount: MAX_RECEIVE_COUNT };
    sqs.createQueue(name, { attributes: { VisibilityTimeout: '60', RedrivePolicy: JSON.stringify(policy) } });
  }
}

function deadOf(name: string): string {
  return name.endsWith('.fifo') ? name.replace('.fifo', '-dead.fifo') : `${name}-dead`;
}

/** Waits for what needs time to pass. */
async function ended<Result>(work: Promise<Result>): Promise<Result> {
  let over = false;
  work.then(
    () => (over = true),
    () => (over = true),
  );
  await clock.advanceUntil(() => over);
  return work;
}

async function start(queues: readonly string[], worker: boolean): Promise<TestingModule> {
  const options = localOptions(sqs, {
    queues,
    createMissingQueues: false,
    ...(worker ? { resultBackend: results, deadLetterResults: true } : { worker: false }),
  });
  const app = await Test.createTestingModule({
    imports: [SqsCeleryModule.forRoot(options)],
    providers: [Tasks],
  })
    .overrideProvider(CLOCK)
    .useValue(clock)
    .setLogger(log)
    .compile();
  await app.init();
  apps.push(app);
  return app;
}

/** Receives what a worker would that is killed before it can settle anything. */
async function receiveAndDie(queue: string): Promise<void> {
  const input: ReceiveMessageCommandInput = {
    QueueUrl: sqs.queueUrl(queue),
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 30,
  };
  await ended(client.send(new ReceiveMessageCommand(input)));
  await clock.advance(31_000);
}

/** Sends a task with an errback, and has its workers die of it. */
async function lose(app: TestingModule, queue: string, id: string, groupId?: string): Promise<void> {
  const linkError = signature('on_error', { queue: 'celery' });
  const options = { args: [id], taskId: id, linkError, queue, ...(groupId !== undefined && { groupId }) };
  await ended(app.get(TaskProducer).send('pay', options));
  for (let receives = 0; receives < MAX_RECEIVE_COUNT; receives++) await receiveAndDie(queue);
}

function letters(queue: string): readonly MessageView[] {
  return sqs.queue(deadOf(queue)).messages;
}

async function statusOf(id: string): Promise<string | undefined> {
  return (await results.get(id))?.status;
}

describe('deadLetterResults', () => {
  it('a task that killed its workers gets FAILURE WorkerLostError, its errback runs, and its message stays', async () => {
    createQueues(['celery']);
    await lose(await start(['celery'], false), 'celery', 'task-1');
    await start(['celery'], true);
    await clock.advanceUntil(() => ran.length > 0, 10 * MINUTE);
    expect(ran).toEqual(['on_error task-1']);
    expect(await results.get('task-1')).toMatchObject({
      status: 'FAILURE',
      result: { excType: 'WorkerLostError', excMessage: ['received 3 times without an outcome'] },
    });
    expect(letters('celery')).toMatchObject([{ receiveCount: MAX_RECEIVE_COUNT + 1 }]);
    expect(log.text()).toContain("Task pay[task-1] raised unexpected: WorkerLostError('received 3 times");
  });

  it('its message can be redriven, and its task then succeeds', async () => {
    createQueues(['celery']);
    await lose(await start(['celery'], false), 'celery', 'task-1');
    await start(['celery'], true);
    await clock.advanceUntil(async () => (await statusOf('task-1')) === 'FAILURE', 10 * MINUTE);
    await clock.advance(2 * MINUTE);
    expect(letters('celery')).toMatchObject([{ state: 'visible' }]);
    await ended(client.send(new StartMessageMoveTaskCommand({ SourceArn: sqs.queue('celery-dead').arn })));
    await clock.advanceUntil(async () => (await statusOf('task-1')) === 'SUCCESS', 10 * MINUTE);
    expect(ran).toEqual(['on_error task-1', 'pay task-1']);
    expect(letters('celery')).toEqual([]);
  });

  it('nothing is done twice, by two workers, for next to no requests; and the letter is in sight', async () => {
    createQueues(['celery']);
    await lose(await start(['celery'], false), 'celery', 'task-1');
    await start(['celery'], true);
    await clock.advanceUntil(() => ran.length > 0, 10 * MINUTE);
    await start(['celery'], true);
    await clock.advance(5 * MINUTE);
    sqs.resetRequestCounts();
    const states: (string | undefined)[] = [];
    for (let minutes = 0; minutes < 60; minutes += 10) {
      await clock.advance(10 * MINUTE);
      states.push(letters('celery')[0]?.state);
    }
    expect(ran).toEqual(['on_error task-1']);
    expect(states.filter((state) => state === 'visible').length).toBeGreaterThanOrEqual(5);
    // Each worker goes through the queue once an hour.
    expect(sqs.requestCounts()['ChangeMessageVisibilityBatch']).toBeLessThanOrEqual(2 * 2);
  });

  it('leaves what is not a task where it is', async () => {
    createQueues(['celery']);
    const producer = await start(['celery'], false);
    await lose(producer, 'celery', 'task-1');
    await ended(producer.close());
    apps = [];
    const body = { QueueUrl: sqs.queueUrl('celery-dead'), MessageBody: 'hello' };
    await ended(client.send(new SendMessageCommand(body)));
    await start(['celery'], true);
    await clock.advanceUntil(() => ran.length > 0, 10 * MINUTE);
    await clock.advance(2 * MINUTE);
    expect(letters('celery')).toHaveLength(2);
    expect(letters('celery').map(({ body: text }) => text)).toContain('hello');
  });

  it('reads a dead-letter queue that several queues share once', async () => {
    createQueues(['celery', 'reports'], 'shared');
    const producer = await start(['celery', 'reports'], false);
    await lose(producer, 'celery', 'task-1');
    await lose(producer, 'reports', 'task-2');
    await start(['celery', 'reports'], true);
    await clock.advanceUntil(() => ran.length === 2, 10 * MINUTE);
    expect([await statusOf('task-1'), await statusOf('task-2')]).toEqual(['FAILURE', 'FAILURE']);
    const counts = sqs.queue('shared').messages.map(({ receiveCount }) => receiveCount);
    expect(counts).toEqual([MAX_RECEIVE_COUNT + 1, MAX_RECEIVE_COUNT + 1]);
  });

  it('reads more than one letter of a FIFO group', async () => {
    createQueues(['celery', 'orders.fifo']);
    const producer = await start(['celery', 'orders.fifo'], false);
    await lose(producer, 'orders.fifo', 'task-1', 'tenant');
    // SQS moves the first of a group before it delivers the next.
    for (const id of ['task-2', 'task-3']) await lose(producer, 'orders.fifo', id, 'tenant');
    await start(['celery', 'orders.fifo'], true);
    await clock.advanceUntil(() => ran.length === 3, 10 * MINUTE);
    expect(ran.toSorted()).toEqual(['on_error task-1', 'on_error task-2', 'on_error task-3']);
    expect(letters('orders.fifo')).toHaveLength(3);
  });

  it('says what is not done where the dead-letter queue has a redrive policy of its own', async () => {
    createQueues(['celery']);
    sqs.createQueue('other');
    const policy = { deadLetterTargetArn: sqs.queue('other').arn, maxReceiveCount: 5 };
    const Attributes = { RedrivePolicy: JSON.stringify(policy) };
    await ended(client.send(new SetQueueAttributesCommand({ QueueUrl: sqs.queueUrl('celery-dead'), Attributes })));
    await lose(await start(['celery'], false), 'celery', 'task-1');
    await start(['celery'], true);
    await clock.advance(5 * MINUTE);
    expect(letters('celery')).toMatchObject([{ receiveCount: MAX_RECEIVE_COUNT }]);
    expect(log.of({ level: 'warn' }).join()).toMatch(
      /celery-dead of celery is not read: it has a redrive policy itself/,
    );
  });

  it('a dead-letter queue that may not be read costs its results, and nothing else', async () => {
    createQueues(['celery']);
    const producer = await start(['celery'], false);
    sqs.fail({
      how: 'error',
      action: 'GetQueueAttributes',
      queue: 'celery-dead',
      code: 'AccessDenied',
      status: 403,
      times: Infinity,
    });
    await start(['celery'], true);
    await ended(producer.get(TaskProducer).delay('pay', 'x'));
    await clock.advanceUntil(() => ran.length > 0, 10 * MINUTE);
    expect(ran).toEqual(['pay x']);
    expect(log.of({ level: 'warn' }).join()).toMatch(/is not read: .*sqs:GetQueueAttributes was denied/);
  });

  it('needs a place for results', async () => {
    createQueues(['celery']);
    const options = localOptions(sqs, { deadLetterResults: true });
    const app = await Test.createTestingModule({ imports: [SqsCeleryModule.forRoot(options)], providers: [Tasks] })
      .setLogger(log)
      .compile();
    await expect(app.init()).rejects.toThrow(/deadLetterResults needs resultBackend/);
  });
});
