import { SQSClient } from '@aws-sdk/client-sqs';
import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  InjectTaskProducer,
  Kwarg,
  MemoryResultStore,
  Reject,
  Retry,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskProducer,
  TaskRequest,
  defineTask,
  type SqsCeleryOptions,
} from 'nestjs-sqs-celery';
import { SqsCeleryTesting, type AttachOptions } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecordingLogger } from './nest.test-support.js';

const HOUR_MS = 3_600_000;
const AWS = 'https://sqs.eu-central-1.amazonaws.com/123456789012';

const greet = defineTask<{ args: [name: string]; kwargs: { loud?: boolean }; result: string }>('greet');

@Injectable()
class Work {
  readonly ran: string[] = [];
  release: (() => void) | undefined;

  @Task(greet)
  greet(name: string, @Kwarg('loud') loud: boolean = false): string {
    this.ran.push(name);
    return loud ? `HELLO ${name}` : `hello ${name}`;
  }

  @Task('fail', { maxRetries: 2 })
  fail(error: string, @TaskContext() task: TaskRequest): never {
    this.ran.push(`fail ${task.retries}`);
    if (error === 'retried') throw new Retry({ countdown: 600, cause: new Error(error) });
    throw new Error(error);
  }

  @Task('refuse')
  refuse(): never {
    throw new Reject({ reason: 'not now', requeue: true });
  }

  @Task('slow')
  async slow(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 30));
    this.ran.push('slow');
    return 'done';
  }

  @Task('sort.fifo', { queue: 'ledger.fifo' })
  book(entry: string): void {
    this.ran.push(entry);
  }
}

/** As in production: real URLs, a Redis, a dead-letter queue of another team's. */
const OPTIONS: SqsCeleryOptions = {
  queues: [
    { name: 'celery', url: `${AWS}/prod-celery` },
    {
      name: 'ledger.fifo',
      attributes: {
        redrivePolicy: {
          deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:123456789012:ledger-dlq.fifo',
          maxReceiveCount: 5,
        },
      },
    },
    {
      name: 'elsewhere',
      consume: false,
      region: 'us-west-2',
      client: new SQSClient({ region: 'us-west-2' }),
      attributes: {
        redrivePolicy: { deadLetterTargetArn: 'arn:aws:sqs:us-west-2:123456789012:dead', maxReceiveCount: 12 },
      },
    },
    {
      name: 'dead',
      consume: false,
      deadLetter: false,
      attributes: {
        messageRetentionPeriod: 1_209_600,
        redriveAllowPolicy: {
          redrivePermission: 'byQueue',
          sourceQueueArns: ['arn:aws:sqs:us-west-2:123456789012:elsewhere'],
        },
      },
    },
  ],
  resultBackend: 'redis://redis.internal:6379/0',
  idempotency: 'redis://redis.internal:6379/1',
  revocations: 'redis://redis.internal:6379/2',
};

@Module({
  imports: [
    SqsCeleryModule.forRoot(OPTIONS),
    SqsCeleryModule.forFeature({ queues: [{ name: 'feature', url: `${AWS}/prod-feature` }] }),
  ],
  providers: [Work],
})
class AppModule {}

let sqs: SqsCeleryTesting;
const apps: TestingModule[] = [];

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  sqs = await SqsCeleryTesting.start();
});

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  await sqs.close();
  vi.unstubAllEnvs();
});

async function start(
  module: Type | DynamicModule = AppModule,
  options?: AttachOptions,
  log = new RecordingLogger(),
): Promise<TestingModule> {
  const builder = Test.createTestingModule({ imports: [module] }).setLogger(log);
  const app = await sqs.attach(builder, options).compile();
  apps.push(app);
  await app.init();
  return app;
}

const producerOf = (app: TestingModule): TaskProducer => app.get(TaskProducer, { strict: false });
const workOf = (app: TestingModule): Work => app.get(Work, { strict: false });

describe('an unchanged module', () => {
  it('runs without AWS: its queues are made, by the names they have there', async () => {
    const app = await start();
    expect(sqs.local.queueNames().toSorted()).toEqual([
      'dead',
      'elsewhere',
      'ledger-dlq.fifo',
      'ledger.fifo',
      'prod-celery',
      'prod-celery-dlq',
      'prod-feature',
      'prod-feature-dlq',
    ]);
    expect(sqs.local.queue('dead').attributes).toMatchObject({ MessageRetentionPeriod: '1209600' });
    expect(JSON.parse(sqs.local.queue('elsewhere').attributes['RedrivePolicy']!)).toEqual({
      deadLetterTargetArn: sqs.local.queue('dead').arn,
      maxReceiveCount: 12,
    });
    const result = await producerOf(app).send(greet, { args: ['Ada'], kwargs: { loud: true } });
    await sqs.drainAll();
    expect(await result.get()).toBe('HELLO Ada');
    expect(sqs.local.queue('prod-celery').messages).toEqual([]);
  });

  it('gets its options from forRootAsync as ever', async () => {
    const useFactory = async () => OPTIONS;
    const app = await start({
      module: class {},
      imports: [SqsCeleryModule.forRootAsync({ useFactory })],
      providers: [Work],
    });
    const result = await producerOf(app).delay(greet, 'Ada');
    await sqs.drainAll();
    expect(await result.get()).toBe('hello Ada');
  });

  it('keeps its connections apart, and shares them with other applications', async () => {
    @Injectable()
    class Caller {
      constructor(
        readonly home: TaskProducer,
        @InjectTaskProducer('eu') readonly eu: TaskProducer,
      ) {}
    }
    @Injectable()
    class European {
      @Task('where', { connection: 'eu' })
      where(): string {
        return 'eu';
      }
    }
    @Injectable()
    class Home {
      @Task('where')
      where(): string {
        return 'home';
      }
    }
    const imports = [
      SqsCeleryModule.forRoot({ resultBackend: 'redis://here' }),
      SqsCeleryModule.forRoot({ name: 'eu', resultBackend: 'redis://there' }),
    ];
    const caller = await start({ module: class {}, imports, providers: [Caller] });
    await start({ module: class {}, imports, providers: [European, Home] });
    const { home, eu } = caller.get(Caller, { strict: false });
    const results = [await home.delay('where'), await eu.delay('where')];
    await sqs.drainAll();
    expect(await Promise.all(results.map((result) => result.get()))).toEqual(['home', 'eu']);
    expect(sqs.sentTasks('where').map(({ connection }) => connection)).toEqual(['default', 'eu']);
    expect(sqs.localOf('eu')).not.toBe(sqs.local);
    expect(() => sqs.localOf('us')).toThrow(/no attached application has opened a connection 'us'.*default, eu/);
  });

  it('keeps results, attempts and revocations in memory, unless told otherwise', async () => {
    const app = await start();
    const revoked = await producerOf(app).delay(greet, 'Ada');
    await revoked.revoke();
    await sqs.drainAll();
    await expect(revoked.get()).rejects.toMatchObject({ name: 'TaskRevokedError' });
    const resultBackend = new MemoryResultStore();
    const own = await start(
      {
        module: class {},
        imports: [SqsCeleryModule.forRoot({ queues: ['celery', 'ledger.fifo'], resultBackend })],
        providers: [Work],
      },
      { stores: 'own' },
    );
    const { id } = await producerOf(own).delay(greet, 'Grace');
    await sqs.drainAll();
    expect(await resultBackend.get(id)).toMatchObject({ status: 'SUCCESS', result: 'hello Grace' });
  });

  it('does not start with options that are wrong in production', async () => {
    const module = { module: class {}, imports: [SqsCeleryModule.forRoot({ resultBackend: 'rpc://' })] };
    await expect(start(module)).rejects.toMatchObject({ code: 'SQS_CELERY_INVALID_CONFIGURATION' });
  });
});

describe('time', () => {
  it('passes for countdowns, retries and results', async () => {
    const app = await start();
    await producerOf(app).send(greet, { args: ['later'], countdown: 2 * 3600 });
    const failing = await producerOf(app).send('fail', { args: ['retried'] });
    await sqs.advance(1.9 * HOUR_MS);
    expect(workOf(app).ran).toEqual(['fail 0', 'fail 1', 'fail 2']);
    await expect(failing.get()).rejects.toThrow('retried');
    await sqs.advance(0.2 * HOUR_MS);
    expect(workOf(app).ran.at(-1)).toBe('later');
  });

  it('passes in drainAll only where it is to', async () => {
    const app = await start();
    const from = sqs.clock.now();
    await producerOf(app).delay(greet, 'now');
    await producerOf(app).send(greet, { args: ['later'], countdown: 600 });
    await sqs.drainAll();
    expect(workOf(app).ran).toEqual(['now']);
    expect(sqs.clock.now() - from).toBeLessThan(1000);
    await sqs.drainAll({ delayed: true });
    expect(workOf(app).ran).toEqual(['now', 'later']);
    expect(sqs.clock.now() - from).toBeGreaterThanOrEqual(600_000);
    expect(sqs.clock.now() - from).toBeLessThan(610_000);
  });

  it('says that there is more to do than fits', async () => {
    const app = await start();
    await producerOf(app).send(greet, { args: ['later'], countdown: 600 });
    await expect(sqs.drainAll({ delayed: true, maxMs: 60_000 })).rejects.toThrow(/60000 ms/);
  });

  it('stands still for what a handler awaits in real time', async () => {
    const app = await start();
    const from = sqs.clock.now();
    await producerOf(app).delay('slow');
    await sqs.drainAll();
    expect(workOf(app).ran).toEqual(['slow']);
    expect(sqs.clock.now() - from).toBeLessThan(1000);
  });

  it('moves for several who ask at the same time', async () => {
    await start();
    const from = sqs.clock.now();
    await Promise.all([sqs.advance(1000), sqs.advance(2000), sqs.drainAll()]);
    expect(sqs.clock.now() - from).toBe(3000);
  });

  it('keeps the order of a FIFO queue', async () => {
    const app = await start();
    for (const entry of ['a', 'b', 'c']) await producerOf(app).delay('sort.fifo', entry);
    await sqs.drainAll();
    expect(workOf(app).ran).toEqual(['a', 'b', 'c']);
    expect(sqs.sentTasks('sort.fifo')[0]).toMatchObject({ queue: 'ledger.fifo', messageGroupId: 'default' });
  });
});

describe('sentTasks', () => {
  it('tells what was sent as a worker reads it', async () => {
    const app = await start();
    await producerOf(app).send('billing.invoice', {
      args: [new Date('2026-01-02T03:04:05Z'), { total: 3 }],
      kwargs: { express: true },
      queue: 'elsewhere',
      countdown: 60,
      headers: { tenant: 'acme' },
      taskId: 'i1',
    });
    expect(sqs.sentTasks()).toMatchObject([
      {
        id: 'i1',
        task: 'billing.invoice',
        args: [expect.anything(), { total: 3 }],
        kwargs: { express: true },
        queue: 'elsewhere',
        connection: 'default',
        eta: '2026-01-01T00:01:00+00:00',
        expires: null,
        retries: 0,
        headers: { tenant: 'acme' },
        delaySeconds: 60,
      },
    ]);
    expect(sqs.sentTasks(greet)).toEqual([]);
    sqs.reset();
    expect(sqs.sentTasks()).toEqual([]);
  });

  it('leaves out what SQS did not take', async () => {
    const app = await start();
    sqs.local.fail({
      action: 'SendMessageBatch',
      how: 'entries',
      select: () => true,
      code: 'InvalidMessageContents',
      senderFault: true,
    });
    await expect(producerOf(app).delay(greet, 'Ada')).rejects.toMatchObject({ code: 'SQS_CELERY_SEND_FAILED' });
    expect(sqs.sentTasks()).toEqual([]);
  });
});

it('moves what was received too often to the dead-letter queue', async () => {
  const app = await start();
  await producerOf(app).delay('refuse');
  await sqs.drainAll({ delayed: true });
  expect(sqs.spy.of('refuse').filter(({ state }) => state === 'REJECTED').length).toBeGreaterThan(5);
  expect(sqs.local.queue('prod-celery-dlq').messages).toHaveLength(1);
});

describe('spy', () => {
  it('waits for a task by its id, and lets time pass for it', async () => {
    const app = await start();
    const { id } = await producerOf(app).send(greet, { args: ['Ada'], countdown: 3600 });
    const { result, request, state } = await sqs.spy.waitFor(id);
    expect({ result, state, args: request.args }).toEqual({ result: 'hello Ada', state: 'SUCCESS', args: ['Ada'] });
  });

  it('waits by name and by definition, from before the task is sent', async () => {
    const app = await start();
    const [seen] = await Promise.all([sqs.spy.waitFor(greet), producerOf(app).delay(greet, 'Ada')]);
    expect(seen.result).toBe('hello Ada');
    expect(await sqs.spy.waitFor('greet')).toBe(seen);
  });

  it('gives the error itself, of retries and failures', async () => {
    const app = await start();
    const { id } = await producerOf(app).send('fail', { args: ['retried'] });
    expect(await sqs.spy.waitFor(id, 'RETRY')).toMatchObject({ error: new Error('retried') });
    const { error } = await sqs.spy.waitFor(id, 'FAILURE');
    expect(error).toBeInstanceOf(Error);
    expect(sqs.spy.of(id).map(({ state }) => state)).toEqual([
      'STARTED',
      'RETRY',
      'STARTED',
      'RETRY',
      'STARTED',
      'FAILURE',
    ]);
  });

  it('says at once that a task has ended otherwise', async () => {
    const app = await start();
    const { id } = await producerOf(app).delay('fail', 'broken');
    await expect(sqs.spy.waitFor(id)).rejects.toMatchObject({
      message: expect.stringMatching(/has not reached SUCCESS.*STARTED, FAILURE/),
      cause: new Error('broken'),
    });
  });

  it('says that nothing is left to be run', async () => {
    sqs = await replaced({ handlerPatienceMs: 20 });
    const app = await start();
    await producerOf(app).delay('unknown', 'elsewhere');
    await expect(sqs.spy.waitFor('never.sent')).rejects.toThrow(/never\.sent has not reached SUCCESS.*nothing/);
  });
});

async function replaced(options: Parameters<typeof SqsCeleryTesting.start>[0]): Promise<SqsCeleryTesting> {
  await sqs.close();
  return SqsCeleryTesting.start(options);
}
