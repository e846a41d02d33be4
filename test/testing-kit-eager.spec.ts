import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Reject,
  Retry,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskProducer,
  TaskRequest,
  chain,
  chord,
  group,
  signature,
} from 'nestjs-sqs-celery';
import { SqsCeleryTesting, type AttachOptions } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLogger } from './nest.test-support.js';

@Injectable()
class Work {
  readonly ran: string[] = [];

  constructor(private readonly tasks: TaskProducer) {}

  @Task('add')
  add(x: number, y: number): number {
    return x + y;
  }

  @Task('sum')
  sum(numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }

  @Task('fail')
  fail(message: string): never {
    throw new TypeError(message);
  }

  @Task('flaky', { maxRetries: 3, rateLimit: '1/h', concurrency: 1 })
  flaky(successAt: number, @TaskContext() task: TaskRequest): string {
    this.ran.push(`attempt ${task.retries}`);
    if (task.retries < successAt) throw new Retry({ countdown: 3600, cause: new Error('flaky') });
    return `after ${task.retries}`;
  }

  @Task('outer')
  async outer(): Promise<string> {
    this.ran.push('outer begins');
    try {
      await this.tasks.delay('fail', 'inner');
      this.ran.push('inner has ended');
    } catch (error) {
      this.ran.push(`caught ${String(error)}`);
    }
    return 'outer';
  }

  @Task('refuse')
  refuse(): never {
    throw new Reject({ reason: 'not now', requeue: true });
  }
}

@Module({
  imports: [
    SqsCeleryModule.forRoot({ queues: ['celery', 'python'].map((name) => ({ name, consume: name === 'celery' })) }),
  ],
  providers: [Work],
})
class AppModule {}

let sqs: SqsCeleryTesting;
let app: TestingModule;
let tasks: TaskProducer;

beforeEach(async () => {
  sqs = await SqsCeleryTesting.start();
});

afterEach(async () => {
  await app.close();
  await sqs.close();
});

async function start(options: AttachOptions = {}): Promise<Work> {
  const builder = Test.createTestingModule({ imports: [AppModule] }).setLogger(new RecordingLogger());
  app = await sqs.attach(builder, { taskAlwaysEager: true, ...options }).compile();
  await app.init();
  tasks = app.get(TaskProducer, { strict: false });
  return app.get(Work, { strict: false });
}

describe('taskAlwaysEager', () => {
  it('runs a task while it is sent, whenever it is due, and has its result without a backend', async () => {
    await start();
    const result = await tasks.send<number>('add', { args: [1, 2], countdown: 3600, expires: 60 });
    expect(await result.state()).toBe('SUCCESS');
    expect(await result.get()).toBe(3);
    expect(sqs.local.requestCounts()).not.toHaveProperty('SendMessageBatch');
    expect(sqs.sentTasks('add')).toMatchObject([
      { id: result.id, args: [1, 2], eta: expect.stringMatching(/T01:00:00/) },
    ]);
    expect(await sqs.spy.waitFor(result.id)).toMatchObject({ result: 3 });
  });

  it('carries arguments as a message does', async () => {
    await start();
    await expect(tasks.delay('add', 1n, Symbol('two'))).rejects.toMatchObject({ code: 'SQS_CELERY_ENCODE' });
  });

  it('retries at once, limits or not', async () => {
    const work = await start();
    const result = await tasks.delay('flaky', 2);
    expect(work.ran).toEqual(['attempt 0', 'attempt 1', 'attempt 2']);
    expect(await result.get()).toBe('after 2');
    await expect((await tasks.delay('flaky', 9)).get()).rejects.toThrow('flaky');
    expect(sqs.clock.monotonic()).toBe(0);
  });

  it('keeps an error for the result', async () => {
    const work = await start();
    await expect((await tasks.delay('fail', 'broken')).get()).rejects.toThrow('broken');
    await tasks.delay('outer');
    expect(work.ran).toEqual(['outer begins', 'inner has ended']);
  });

  it('runs workflows to their end', async () => {
    await start();
    const chained = await tasks.send(chain(signature('add', { args: [1, 2] }), signature('add', { args: [10] })));
    expect(await chained.get()).toBe(13);
    const adds = [1, 2, 3].map((x) => signature('add', { args: [x, x] }));
    expect(await (await tasks.send(group(...adds))).get()).toEqual([2, 4, 6]);
    expect(await (await tasks.send(chord(adds, signature('sum')))).get()).toBe(12);
    await expect((await tasks.send(chain(signature('fail', { args: ['x'] }), signature('sum')))).get()).rejects.toThrow(
      'x',
    );
  });

  it('sends the tasks of others', async () => {
    await start();
    await tasks.send('billing.invoice', { queue: 'python' });
    expect(sqs.local.queue('python').visible).toBe(1);
    expect(sqs.sentTasks('billing.invoice')).toHaveLength(1);
  });

  it('leaves to the queue what is handed back', async () => {
    await start();
    await tasks.delay('refuse');
    expect(sqs.local.queue('celery').delayed).toBe(1);
    expect(sqs.sentTasks('refuse')).toHaveLength(1);
  });
});

describe('taskEagerPropagates', () => {
  it('rejects with the error itself: of the task, of its last retry, of what follows it', async () => {
    await start({ taskEagerPropagates: true });
    await expect(tasks.delay('fail', 'broken')).rejects.toThrow(new TypeError('broken'));
    await expect(tasks.delay('flaky', 9)).rejects.toThrow('flaky');
    await expect(
      tasks.send(chain(signature('add', { args: [1, 2] }), signature('fail', { args: ['next'], immutable: true }))),
    ).rejects.toThrow('next');
    expect(await (await tasks.delay('add', 1, 2)).get()).toBe(3);
  });

  it('gives a handler the error of what it sends', async () => {
    const work = await start({ taskEagerPropagates: true });
    expect(await (await tasks.delay('outer')).get()).toBe('outer');
    expect(work.ran).toEqual(['outer begins', 'caught TypeError: inner']);
  });
});
