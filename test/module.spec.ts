import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  InvalidConfigurationError,
  Kwarg,
  QueueNotConsumedError,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskProducer,
  TaskRequest,
  WorkerControl,
  type SqsCeleryAsyncOptions,
  type SqsCeleryOptions,
  type SqsCeleryOptionsFactory,
} from 'nestjs-sqs-celery';
import { sqsCeleryConfig } from 'nestjs-sqs-celery/config';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { RecordingLogger, localOptions, startApp, until } from './nest.test-support.js';

@Injectable()
class Greetings {
  readonly seen: unknown[] = [];

  @Task('greet')
  greet(name: string, @Kwarg('times') times: number = 1, @TaskContext() task: TaskRequest): string {
    this.seen.push([name, times, task.id]);
    return `Hello ${name}`;
  }
}

let sqs: LocalSqs;
beforeAll(async () => {
  sqs = await LocalSqs.start();
});
afterAll(() => sqs.close());
afterEach(() => vi.unstubAllEnvs());

it('sends a task and runs it', async () => {
  await using running = await startApp({ providers: [Greetings] });
  const sent = await running.tasks.send('greet', { args: ['Ada'], kwargs: { times: 2 } });
  const { seen } = running.app.get(Greetings);
  await until(() => seen.length === 1, 'greet');
  expect(seen).toEqual([['Ada', 2, sent.id]]);
});

describe('forRootAsync', () => {
  const options = (): SqsCeleryOptions => localOptions(sqs, { queues: ['async'] });

  @Injectable()
  class Options implements SqsCeleryOptionsFactory {
    createSqsCeleryOptions(): SqsCeleryOptions {
      return options();
    }
  }

  @Module({ providers: [Options, { provide: 'NAME', useValue: 'async' }], exports: [Options, 'NAME'] })
  class OptionsModule {}

  async function sendsTo(asyncOptions: SqsCeleryAsyncOptions): Promise<string> {
    const moduleRef = await Test.createTestingModule({ imports: [SqsCeleryModule.forRootAsync(asyncOptions)] })
      .setLogger(new RecordingLogger())
      .compile();
    await moduleRef.init();
    await moduleRef.get(TaskProducer).delay('anything', 1);
    await moduleRef.close();
    return sqs.queueNames().join();
  }

  it.each<[string, SqsCeleryAsyncOptions]>([
    ['useFactory', { useFactory: async () => options() }],
    [
      'useFactory with inject',
      {
        imports: [OptionsModule],
        inject: ['NAME'],
        useFactory: (name: string) => ({ ...options(), queues: [name] }),
      },
    ],
    ['useClass', { useClass: Options }],
    ['useExisting', { imports: [OptionsModule], useExisting: Options }],
  ])('takes its options from %s', async (_, asyncOptions) => {
    const before = sqs.queueNames().includes('async') ? sqs.queue('async').visible : 0;
    expect(await sendsTo(asyncOptions)).toContain('async');
    expect(sqs.queue('async').visible).toBe(before + 1);
  });

  it('takes its options from the environment', async () => {
    vi.stubEnv('CELERY_BROKER_URL', `sqs://AKID:hun%2Fter2@127.0.0.1:${sqs.port}//`);
    vi.stubEnv('SQS_CELERY_QUEUES', 'from-env, other');
    sqs.createQueue('from-env');
    sqs.createQueue('other');
    await sendsTo(sqsCeleryConfig.asProvider());
    expect(sqs.queue('from-env').visible).toBe(1);
  });

  it('reads nothing where nothing is set', () => {
    vi.stubEnv('CELERY_BROKER_URL', undefined);
    vi.stubEnv('SQS_CELERY_QUEUES', ' ,');
    expect(sqsCeleryConfig()).toEqual({});
  });

  it('refuses to be without a source', () => {
    expect(() => SqsCeleryModule.forRootAsync({ name: 'eu' })).toThrow(/none of useFactory, useClass and useExisting/);
  });

  it('refuses wrong options made asynchronously', async () => {
    await expect(sendsTo({ useFactory: () => ({ queues: [] }) })).rejects.toThrow(InvalidConfigurationError);
  });
});

describe('roles', () => {
  it('polls nothing without @Task methods, and sends', async () => {
    await using running = await startApp({});
    await running.tasks.delay('elsewhere');
    expect(running.sqs.requestCounts()).not.toHaveProperty('ReceiveMessage');
    expect(running.sqs.queue('celery').visible).toBe(1);
    expect(running.log.text()).toContain('nothing is polled');
  });

  it('polls nothing with worker: false', async () => {
    await using running = await startApp({ providers: [Greetings], options: { worker: false } });
    await running.tasks.delay('greet', 'Ada');
    expect(running.sqs.requestCounts()).not.toHaveProperty('ReceiveMessage');
    expect(running.log.text()).not.toContain('ready.');
  });

  it('makes no request at start where queues have URLs and nothing is consumed', async () => {
    await using local = await LocalSqs.start();
    const url = local.createQueue('celery');
    const queues = [{ name: 'celery', url }];
    await using running = await startApp({ sqs: local, options: { queues, createMissingQueues: false } });
    expect(local.requestCounts()).toEqual({});
    await running.tasks.delay('elsewhere');
    expect(Object.keys(local.requestCounts())).toHaveLength(1);
  });

  it('starts a queue with autoStart: false when it is told to', async () => {
    const queues = [{ name: 'later', autoStart: false }, 'celery'];
    await using running = await startApp({ providers: [Greetings], options: { queues } });
    const control = running.app.get(WorkerControl);
    await running.tasks.send('greet', { args: ['later'], queue: 'later' });
    await running.tasks.send('greet', { args: ['now'], queue: 'celery' });
    const { seen } = running.app.get(Greetings);
    await until(() => seen.length === 1, 'the other queue');
    expect(seen).toMatchObject([['now', 1, expect.any(String)]]);
    expect(control.queues()).toMatchObject([
      { queue: 'later', mode: 'new' },
      { queue: 'celery', mode: 'running' },
    ]);
    expect(running.log.text()).toContain("WorkerControl.start('later')");
    control.start('later');
    control.start();
    await until(() => seen.length === 2, 'the queue that was started');
    expect(control.queues()).toMatchObject([{ mode: 'running' }, { mode: 'running' }]);
    expect(() => control.start('unknown')).toThrow(QueueNotConsumedError);
  });

  it.each(['onModuleInit', 'onApplicationBootstrap'])('starts such a queue when it is told to in %s', async (hook) => {
    @Injectable()
    class WarmUp {
      constructor(worker: WorkerControl) {
        Object.assign(this, { [hook]: () => worker.start('later') });
      }
    }
    const setUp = { providers: [Greetings, WarmUp], options: { queues: [{ name: 'later', autoStart: false }] } };
    await using running = await startApp(setUp);
    await running.tasks.delay('greet', 'Ada');
    await until(() => running.app.get(Greetings).seen.length === 1, 'greet');
    expect(running.log.text()).not.toContain('is not started');
    await using producer = await startApp({ ...setUp, options: { ...setUp.options, worker: false } });
    expect(() => producer.app.get(WorkerControl).start('later')).toThrow(QueueNotConsumedError);
  });

  it('refuses to start a queue in a hook that is not consumed', async () => {
    @Injectable()
    class WarmUp {
      constructor(private readonly worker: WorkerControl) {}
      onModuleInit(): void {
        this.worker.start('latter');
      }
    }
    await expect(startApp({ providers: [Greetings, WarmUp] })).rejects.toThrow(QueueNotConsumedError);
  });

  it('closes where a queue was never started', async () => {
    const queues = [{ name: 'never', autoStart: false }];
    const running = await startApp({ providers: [Greetings], options: { queues } });
    await running.tasks.delay('greet', 'Ada');
    const { sqs: local } = running;
    await running[Symbol.asyncDispose]();
    expect(local.requestCounts()).not.toHaveProperty('ReceiveMessage');
    await expect(startApp({ options: { queues: [{ name: 'q', consume: false, autoStart: true }] } })).rejects.toThrow(
      /queues\[0\].autoStart says nothing/,
    );
  });

  it('consumes the queues that say so', async () => {
    const queues = ['mine', { name: 'theirs', consume: false }];
    await using running = await startApp({ providers: [Greetings], options: { queues } });
    await running.tasks.send('greet', { args: ['not here'], queue: 'theirs' });
    await running.tasks.send('greet', { args: ['here'] });
    const { seen } = running.app.get(Greetings);
    await until(() => seen.length > 0, 'greet');
    expect(seen).toMatchObject([['here', 1, expect.any(String)]]);
    expect(running.sqs.queue('theirs').visible).toBe(1);
  });
});
