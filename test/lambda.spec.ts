import { Injectable, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CLOCK,
  Ignore,
  OnTaskEvent,
  RawMessage,
  RawMessageContext,
  RawMessageRequest,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskProducer,
  TaskRequest,
  WorkerControl,
  chain,
  chord,
  signature,
  type SqsCeleryOptions,
  type TaskEventMap,
} from 'nestjs-sqs-celery';
import { UnknownEventSourceError, createLambdaHandler, type LambdaHandler } from 'nestjs-sqs-celery/lambda';
import type { LocalSqs, VirtualClock } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLogger, localOptions, until } from './nest.test-support.js';
import { EventSourceMapping } from './support/event-source-mapping.js';
import { sendRaw } from './support/send-raw.js';
import { startVirtualSqs, type VirtualSqs } from './support/virtual-app.js';

const seen: unknown[] = [];
let release: () => void = () => {};

@Injectable()
class Tasks {
  @Task('add')
  add(a: number, b: number): number {
    seen.push(['add', a, b]);
    return a + b;
  }

  @Task('sum')
  sum(all: number[]): number {
    seen.push(['sum', ...all]);
    return all.reduce((total, one) => total + one, 0);
  }

  @Task('end')
  end(how: string): void {
    seen.push(how);
    if (how === 'requeue') throw new Reject({ requeue: true });
    if (how === 'ignore') throw new Ignore();
    if (how === 'fail') throw new Error('it failed');
  }

  @Task('flaky', { maxRetries: 3 })
  flaky(name: string, countdown: number, @TaskContext() task: TaskRequest): string {
    seen.push([name, task.retries]);
    if (task.retries === 0) throw new Retry({ countdown });
    return name;
  }

  @Task('note')
  note(name: string): void {
    seen.push(name);
  }

  /** Runs until it is told to end, by the test or by its signal. */
  @Task('slow')
  async slow(name: string, @TaskContext() task: TaskRequest): Promise<string> {
    seen.push(name);
    await new Promise<void>((resolve) => {
      release = resolve;
      task.signal.addEventListener('abort', () => resolve());
    });
    if (task.signal.aborted) seen.push(task.signal.reason);
    return name;
  }

  @Task('early', { acksLate: false })
  early(): void {
    seen.push(['early', endpoint.sqs.queue('celery').messages.length]);
    throw new Error('it failed after its delete');
  }
}

@Injectable()
class Raw {
  @RawMessage('raw')
  raw(payload: unknown, @RawMessageContext() message: RawMessageRequest): void {
    seen.push([payload, message.messageAttributes]);
    if (payload === 'again') throw new Retry({ countdown: 5 });
  }
}

let endpoint: VirtualSqs;
let sqs: LocalSqs;
let clock: VirtualClock;
let log: RecordingLogger;
let closers: (() => Promise<void>)[];

beforeEach(async () => {
  seen.length = 0;
  closers = [];
  log = new RecordingLogger();
  endpoint = await startVirtualSqs();
  ({ sqs, clock } = endpoint);
});

afterEach(async () => {
  for (const close of closers) await close();
  await endpoint[Symbol.asyncDispose]();
});

interface Lambda {
  readonly handler: LambdaHandler;
  /** Sends tasks, in a process of its own. */
  readonly tasks: TaskProducer;
  /** The function's application, after its first invocation. */
  readonly app: () => INestApplicationContext;
  readonly starts: () => number;
  readonly mapping: (queue: string, timeoutMs?: number) => EventSourceMapping;
}

interface Setting {
  readonly options?: SqsCeleryOptions;
  /** Called before each start. */
  readonly beforeStart?: () => void;
  readonly providers?: Type[];
}

function makeModule(options: SqsCeleryOptions, providers: Type[]): Type {
  @Module({ imports: [SqsCeleryModule.forRoot(localOptions(sqs, options))], providers })
  class AppModule {}
  return AppModule;
}

async function compile(module: Parameters<typeof Test.createTestingModule>[0]): Promise<INestApplicationContext> {
  const builder = Test.createTestingModule(module).overrideProvider(CLOCK).useValue(clock).setLogger(log);
  const app = await builder.compile();
  return app.init();
}

async function close(app: { close(): Promise<void> }): Promise<void> {
  const closed = app.close();
  await clock.advance(60_000);
  await closed;
}

async function makeLambda({ options, beforeStart, providers = [Tasks] }: Setting = {}): Promise<Lambda> {
  const producer = await compile({ imports: [makeModule({ ...options, worker: false }, [])] });
  const started: INestApplicationContext[] = [];
  const handler = createLambdaHandler(makeModule(options ?? {}, providers), {
    createContext: async (root) => {
      beforeStart?.();
      const app = await compile({ imports: [root] });
      started.push(app);
      return app;
    },
  });
  closers.push(
    () => close(handler),
    () => close(producer),
  );
  return {
    handler,
    tasks: producer.get(TaskProducer),
    app: () => started.at(-1)!,
    starts: () => started.length,
    mapping: (queue, timeoutMs = 30_000) =>
      new EventSourceMapping(handler, { sqs, queue, timeoutMs, now: () => clock.now() }),
  };
}

/** What a queue holds, in order: seconds for which each message is hidden. */
function hidden(queue: string): number[] {
  return sqs.queue(queue).messages.map(({ hiddenForMs }) => Math.round(hiddenForMs / 1000));
}

describe('a batch of a standard queue', () => {
  it('reports what has to come back, and nothing else', async () => {
    const { tasks, mapping, app } = await makeLambda();
    await tasks.delay('add', 1, 2);
    await tasks.delay('end', 'requeue');
    await tasks.delay('end', 'fail');
    await tasks.delay('end', 'ignore');
    const [, requeued] = sqs.queue('celery').messages;
    using celery = mapping('celery');
    const { batchItemFailures } = await celery.poll();
    expect(seen).toEqual([['add', 1, 2], 'requeue', 'fail', 'ignore']);
    expect(batchItemFailures).toEqual([{ itemIdentifier: requeued!.messageId }]);
    expect(hidden('celery')).toEqual([20]);
    expect(log.text()).toMatch(/Task add\[.*\] succeeded in .*: 3/);
    // Lambda's one: nothing is polled, and its deletes suffice.
    expect(sqs.requestCounts()).toMatchObject({ ReceiveMessage: 1, DeleteMessageBatch: 1 });
    expect(app().get(WorkerControl).queues()).toEqual([]);
  });

  it('publishes retries, chains and chords, and stores results', async () => {
    const options = { resultBackend: 'cache+memory://' };
    const { tasks, mapping, app } = await makeLambda({ options });
    using celery = mapping('celery');
    await tasks.delay('flaky', 'once more', 5);
    await celery.poll();
    expect(hidden('celery')).toEqual([5]);
    await clock.advance(5000);
    await celery.poll();
    expect(seen).toEqual([
      ['once more', 0],
      ['once more', 1],
    ]);

    const producer = app().get(TaskProducer);
    await producer.send(chain(signature('add', { args: [1, 2] }), signature('add', { args: [4] })));
    const total = await producer.send(
      chord([signature('add', { args: [1, 1] }), signature('add', { args: [2, 2] })], signature('sum')),
    );
    while (sqs.queue('celery').visible > 0) expect(await celery.poll()).toEqual({ batchItemFailures: [] });
    expect(seen).toContainEqual(['add', 3, 4]);
    expect(await total.get()).toBe(6);
  });

  it('quarantines what nobody can run', async () => {
    const { tasks, mapping } = await makeLambda();
    await tasks.delay('add', 1, 2);
    await sendRaw(sqs, 'celery', Buffer.from('{"properties": {}, "body": 1}').toString('base64'));
    using celery = mapping('celery');
    expect(await celery.poll()).toEqual({ batchItemFailures: [] });
    expect(sqs.queue('celery').messages).toEqual([]);
    expect(sqs.queue('celery-dlq').visible).toBe(1);
  });

  it('hides a task until it is due, and reports it, as Lambda would delete it', async () => {
    const { tasks, mapping } = await makeLambda();
    using celery = mapping('celery');
    await tasks.send('note', { args: ['due'], countdown: 7200 });
    await clock.advance(900_000);
    expect((await celery.poll()).batchItemFailures).toHaveLength(1);
    expect(hidden('celery')).toEqual([6300]);
    await clock.advance(6_300_000);
    expect(await celery.poll()).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual(['due']);
    expect(sqs.queue('celery').messages).toEqual([]);
  });

  it('does not run what was received too often', async () => {
    const { tasks, mapping } = await makeLambda({
      options: { maxDeliveries: 2, queues: [{ name: 'celery', deadLetter: false }] },
    });
    await tasks.delay('note', 'deadly');
    using celery = mapping('celery');
    for (let crash = 0; crash < 2; crash++) {
      await celery.receive();
      await clock.advance(30_000);
    }
    await celery.poll();
    expect(seen).toEqual([]);
    expect(log.text()).toMatch(/WorkerLostError.*received 3 times/);
  });

  it('deletes a task that is acknowledged early before it starts', async () => {
    const { tasks, mapping } = await makeLambda();
    await tasks.delay('early');
    using celery = mapping('celery');
    expect(await celery.poll()).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual([['early', 0]]);
  });

  it('does not start a task whose early delete is refused', async () => {
    const { tasks, mapping } = await makeLambda();
    await tasks.delay('early');
    using celery = mapping('celery');
    sqs.fail({ action: 'DeleteMessageBatch', how: 'error', code: 'AccessDenied', status: 403 });
    expect((await celery.poll()).batchItemFailures).toHaveLength(1);
    expect(seen).toEqual([]);
    expect(sqs.queue('celery').messages).toHaveLength(1);
  });

  it("hands messages that are not Celery's to their handler", async () => {
    const { mapping } = await makeLambda({ options: { queues: ['celery', 'raw'] }, providers: [Raw] });
    sqs.createQueue('raw');
    await sendRaw(sqs, 'raw', '{"order": 7}', { attributes: { kind: 'placed' } });
    await sendRaw(sqs, 'raw', '"again"');
    using raw = mapping('raw');
    expect((await raw.poll()).batchItemFailures).toHaveLength(1);
    expect(seen).toEqual([
      [{ order: 7 }, { kind: { DataType: 'String', StringValue: 'placed' } }],
      ['again', {}],
    ]);
    expect(hidden('raw')).toEqual([5]);
  });

  it('says once that it may not change visibility, and leaves the message to the visibility timeout', async () => {
    const { tasks, mapping } = await makeLambda();
    using celery = mapping('celery');
    sqs.fail({
      action: 'ChangeMessageVisibilityBatch',
      how: 'error',
      code: 'AccessDenied',
      status: 403,
      times: Infinity,
    });
    await tasks.delay('end', 'requeue');
    for (let poll = 0; poll < 2; poll++) {
      expect((await celery.poll()).batchItemFailures).toHaveLength(1);
      expect(hidden('celery')).toEqual([30]);
      await clock.advance(30_000);
    }
    expect(log.of({ level: 'warn' }).filter((line) => /ChangeMessageVisibility was denied/.test(line))).toHaveLength(1);
  });
});

describe('a batch of a FIFO queue', () => {
  const options: SqsCeleryOptions = {
    queues: [{ name: 'ledger.fifo', attributes: { redrivePolicy: undefined }, deadLetter: { maxReceiveCount: 20 } }],
  };

  async function book(tasks: TaskProducer, task: string, groupId: string, ...args: unknown[]): Promise<void> {
    await tasks.send(task, { args, groupId });
  }

  it('runs nothing of a group behind what has to come back', async () => {
    const { tasks, mapping } = await makeLambda({ options });
    using ledger = mapping('ledger.fifo');
    await book(tasks, 'flaky', 'a', 'a1', 60);
    await book(tasks, 'note', 'b', 'b1');
    await book(tasks, 'note', 'a', 'a2');
    await book(tasks, 'note', 'b', 'b2');
    await book(tasks, 'note', 'a', 'a3');
    const waiting = sqs.queue('ledger.fifo').messages.filter(({ groupId }) => groupId === 'a');
    const { batchItemFailures } = await ledger.poll();
    expect(seen).toEqual([['a1', 0], 'b1', 'b2']);
    expect(batchItemFailures).toEqual(waiting.map(({ messageId }) => ({ itemIdentifier: messageId })));
    expect(hidden('ledger.fifo')).toEqual([60, 0, 0]);

    expect((await ledger.receive()).Records).toEqual([]);
    await clock.advance(60_000);
    expect(await ledger.poll()).toEqual({ batchItemFailures: [] });
    expect(seen.slice(3)).toEqual([['a1', 1], 'a2', 'a3']);
    expect(sqs.queue('ledger.fifo').messages).toEqual([]);
  });

  it('hands a group back in order when time runs out', async () => {
    const { tasks, mapping } = await makeLambda({ options });
    using ledger = mapping('ledger.fifo');
    await book(tasks, 'slow', 'a', 'a1');
    await book(tasks, 'note', 'a', 'a2');
    await book(tasks, 'note', 'a', 'a3');
    const event = await ledger.receive();
    const answered = ledger.invoke(event);
    await until(() => seen.length > 0, 'the start');
    await clock.advance(25_000);
    release();
    await clock.settle();
    // a1 took 25 of 27 seconds: a2 is not begun.
    expect((await answered).batchItemFailures).toEqual(
      event.Records.slice(1).map(({ messageId }) => ({ itemIdentifier: messageId })),
    );
    expect(hidden('ledger.fifo')).toEqual([0, 0]);
    await ledger.poll();
    expect(seen).toEqual(['a1', 'a2', 'a3']);
  });
});

describe('a retry in place at one of the last receives', () => {
  const options: SqsCeleryOptions = { queues: [{ name: 'ledger.fifo', deadLetter: { maxReceiveCount: 2 } }] };

  it('is waited for where there is time', async () => {
    const { tasks, mapping } = await makeLambda({ options });
    using ledger = mapping('ledger.fifo');
    await tasks.send('flaky', { args: ['soon', 5], groupId: 'a' });
    const answered = ledger.poll();
    await until(() => seen.length > 0, 'the first attempt');
    await clock.advance(5000);
    expect(await answered).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual([
      ['soon', 0],
      ['soon', 1],
    ]);
  });

  it('is handed back where there is not', async () => {
    const { tasks, mapping } = await makeLambda({ options });
    using ledger = mapping('ledger.fifo');
    await tasks.send('flaky', { args: ['later', 600], groupId: 'a' });
    expect((await ledger.poll()).batchItemFailures).toHaveLength(1);
    expect(hidden('ledger.fifo')).toEqual([600]);
    await clock.advance(600_000);
    expect(await ledger.poll()).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual([
      ['later', 0],
      ['later', 1],
    ]);
  });
});

describe('time that runs out', () => {
  it('tells handlers to end, keeps nothing of them, and hands back what was not begun', async () => {
    const { tasks, mapping } = await makeLambda({ options: { concurrency: 1, resultBackend: 'cache+memory://' } });
    using celery = mapping('celery', 20_000);
    await tasks.delay('slow', 'first');
    await tasks.delay('note', 'second');
    const event = await celery.receive();
    const begun = clock.now();
    const answered = celery.invoke(event);
    await until(() => seen.length > 0, 'the start');
    await clock.advance(20_000);
    const { batchItemFailures } = await answered;
    expect(batchItemFailures).toEqual(event.Records.map(({ messageId }) => ({ itemIdentifier: messageId })));
    expect(seen).toEqual(['first', new SoftTimeLimitExceeded(18)]);
    expect(log.text()).toMatch(/Task slow\[.*\] lost its lease/);
    expect(clock.now() - begun).toBeLessThanOrEqual(20_000);
    expect(sqs.queue('celery').messages.map(({ state }) => state)).toEqual(['inFlight', 'visible']);
    await celery.poll();
    expect(seen.at(-1)).toBe('second');
  });

  it('is the visibility timeout where that is shorter', async () => {
    const { tasks, mapping } = await makeLambda();
    using celery = mapping('celery', 900_000);
    await tasks.delay('slow', 'first');
    const answered = celery.poll();
    await until(() => seen.length > 0, 'the start');
    await clock.advance(27_000);
    expect((await answered).batchItemFailures).toHaveLength(1);
    expect(seen).toEqual(['first', new SoftTimeLimitExceeded(27)]);
  });

  it('answers in time whatever still runs', async () => {
    @Injectable()
    class Deaf {
      @Task('deaf')
      async deaf(): Promise<void> {
        seen.push('deaf');
        await new Promise(() => {});
      }
    }
    const { tasks, mapping } = await makeLambda({
      providers: [Deaf],
      options: { queues: [{ name: 'celery', visibilityTimeout: 5400 }] },
    });
    using celery = mapping('celery', 900_000);
    await tasks.delay('deaf');
    let answeredAt = Infinity;
    const begun = clock.now();
    const answered = celery.poll().then((response) => {
      answeredAt = clock.now() - begun;
      return response;
    });
    await until(() => seen.length > 0, 'the start');
    await clock.advanceUntil(() => answeredAt < Infinity);
    expect((await answered).batchItemFailures).toHaveLength(1);
    expect(answeredAt).toBe(897_500);
  });

  it('sends again what is at its last receive and was not begun', async () => {
    const queues = [{ name: 'celery', deadLetter: { maxReceiveCount: 2 } }];
    const { tasks, mapping } = await makeLambda({ options: { concurrency: 1, queues } });
    using celery = mapping('celery', 20_000);
    await tasks.delay('slow', 'first');
    await tasks.delay('note', 'second');
    await celery.receive();
    await clock.advance(30_000);
    const answered = celery.poll();
    await until(() => seen.length > 0, 'the start');
    await clock.advance(20_000);
    expect((await answered).batchItemFailures).toHaveLength(1);
    expect(sqs.queue('celery').messages.map(({ receiveCount, state }) => [receiveCount, state])).toEqual([
      [2, 'inFlight'],
      [0, 'visible'],
    ]);
  });

  it('begins nothing without time', async () => {
    const { tasks, mapping } = await makeLambda();
    using celery = mapping('celery', 0);
    await tasks.delay('note', 'no time');
    const answered = celery.poll();
    await clock.settle();
    expect((await answered).batchItemFailures).toHaveLength(1);
    expect(seen).toEqual([]);
    expect(hidden('celery')).toEqual([0]);
  });
});

it('waits for listeners of task events before it answers, in each invocation', async () => {
  @Injectable()
  class Audit {
    @OnTaskEvent('succeeded')
    async succeeded({ result }: TaskEventMap['succeeded']): Promise<void> {
      if (result === 0) await new Promise(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(`told of ${String(result)}`);
    }
  }
  const { tasks, mapping } = await makeLambda({ providers: [Tasks, Audit] });
  using queue = mapping('celery');
  await tasks.delay('add', 0, 0);
  const given = queue.poll();
  await until(() => seen.length === 1, 'the listener that never ends');
  await clock.advance(2000);
  await given;
  await tasks.delay('add', 1, 2);
  const answered = queue.poll().then(() => seen.push('answered'));
  await until(() => seen.includes('told of 3'), 'the listener');
  await clock.advance(2000);
  await answered;
  expect(seen.slice(-2)).toEqual(['told of 3', 'answered']);
});

describe('the start', () => {
  it('is tried again by the next invocation where it failed', async () => {
    let failures = 1;
    const beforeStart = (): void => {
      if (failures-- > 0) throw new Error('the database is away');
    };
    const { tasks, mapping, starts } = await makeLambda({ beforeStart });
    using celery = mapping('celery');
    await tasks.delay('add', 1, 2);
    await expect(celery.poll()).rejects.toThrow('the database is away');
    expect(sqs.queue('celery').inFlight).toBe(1);
    await clock.advance(30_000);
    expect(await celery.poll()).toEqual({ batchItemFailures: [] });
    await tasks.delay('add', 3, 4);
    await celery.poll();
    expect(seen).toEqual([
      ['add', 1, 2],
      ['add', 3, 4],
    ]);
    expect(starts()).toBe(1);
  });

  it('is shared by invocations at the same time', async () => {
    const { tasks, mapping, starts } = await makeLambda();
    using celery = mapping('celery');
    await tasks.delay('slow', 'one');
    const first = celery.poll();
    await until(() => sqs.queue('celery').inFlight === 1, 'the first receive');
    await tasks.delay('note', 'two');
    expect(await celery.poll()).toEqual({ batchItemFailures: [] });
    await until(() => seen.length === 2, 'both');
    release();
    expect(await first).toEqual({ batchItemFailures: [] });
    expect(seen.map(String).toSorted()).toEqual(['one', 'two']);
    expect(starts()).toBe(1);
  });

  it('does not end the process by default', async () => {
    const handler = createLambdaHandler(makeModule({ queues: [] }, [Tasks]));
    await expect(handler({ Records: [] }, { getRemainingTimeInMillis: () => 1000 })).rejects.toThrow(
      /SqsCeleryModule cannot start/,
    );
  });
});

describe("the handler's type", () => {
  /** As `@types/aws-lambda` has it: interfaces, with more fields than are used. */
  interface AwsRecord {
    messageId: string;
    receiptHandle: string;
    body: string;
    attributes: AwsAttributes;
    messageAttributes: AwsMessageAttributes;
    md5OfBody: string;
    eventSource: string;
    eventSourceARN: string;
    awsRegion: string;
  }
  interface AwsAttributes {
    AWSTraceHeader?: string | undefined;
    ApproximateReceiveCount: string;
    SentTimestamp: string;
    SenderId: string;
    ApproximateFirstReceiveTimestamp: string;
    SequenceNumber?: string | undefined;
    MessageGroupId?: string | undefined;
    MessageDeduplicationId?: string | undefined;
    DeadLetterQueueSourceArn?: string | undefined;
  }
  interface AwsMessageAttributes {
    [name: string]: AwsMessageAttribute;
  }
  interface AwsMessageAttribute {
    stringValue?: string | undefined;
    binaryValue?: string | undefined;
    stringListValues?: never[] | undefined;
    binaryListValues?: never[] | undefined;
    dataType: 'String' | 'Number' | 'Binary' | (string & {});
  }
  interface AwsContext {
    awsRequestId: string;
    getRemainingTimeInMillis(): number;
  }
  type AwsHandler = (
    event: { Records: AwsRecord[] },
    context: AwsContext,
    callback: (error?: Error) => void,
  ) => void | Promise<{ batchItemFailures: { itemIdentifier: string }[] } | void>;

  it("fits AWS's", async () => {
    const { handler } = await makeLambda();
    const fitting: AwsHandler = handler;
    expect(
      await fitting({ Records: [] }, { awsRequestId: '', getRemainingTimeInMillis: () => 1000 }, () => {}),
    ).toEqual({
      batchItemFailures: [],
    });
  });
});

describe('an event', () => {
  it('of a queue that is not run here is refused, with the names of those that are', async () => {
    const queues = ['celery', { name: 'sent', consume: false }];
    const { mapping, handler } = await makeLambda({ options: { queues } });
    sqs.createQueue('other');
    await sendRaw(sqs, 'other', 'anything');
    await sendRaw(sqs, 'sent', 'anything');
    for (const queue of ['other', 'sent']) {
      using mapped = mapping(queue);
      const event = await mapped.receive();
      const error = await handler(event, { getRemainingTimeInMillis: () => 1000 }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UnknownEventSourceError);
      expect(error).toMatchObject({ eventSourceArn: sqs.queue(queue).arn });
      expect(String(error)).toContain('those of these queues are: celery');
    }
  });

  it('of another region or account is refused, though its queue has the same name', async () => {
    const { mapping } = await makeLambda();
    using celery = mapping('celery');
    await sendRaw(sqs, 'celery', 'anything');
    const { Records } = await celery.receive();
    const eventSourceARN = 'arn:aws:sqs:us-east-1:123456789012:celery';
    await expect(celery.invoke({ Records: Records.map((record) => ({ ...record, eventSourceARN })) })).rejects.toThrow(
      UnknownEventSourceError,
    );
  });

  it('that is none of SQS is refused', async () => {
    const { handler } = await makeLambda();
    const event = JSON.parse('{"detail-type": "Scheduled Event"}') as Parameters<LambdaHandler>[0];
    await expect(handler(event, { getRemainingTimeInMillis: () => 1000 })).rejects.toThrow(/no Records/);
  });
});
