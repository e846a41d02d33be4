import { DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Injectable, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  OnTaskEvent,
  Reject,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskEvents,
  TaskProducer,
  TaskRequest,
} from 'nestjs-sqs-celery';
import { SqsCeleryTesting } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLogger } from './nest.test-support.js';

const PATIENCE_MS = 100;

@Injectable()
class Work {
  @Task('add')
  add(a: number, b: number): number {
    return a + b;
  }

  @Task('later')
  later(@TaskContext() { received }: TaskRequest): string {
    if (received.delivery.receiveCount < 3) throw new Reject({ reason: 'not now', requeue: true });
    return 'now';
  }

  @Task('refuse')
  refuse(): never {
    throw new Reject({ reason: 'never' });
  }

  @Task('endless')
  endless(): Promise<never> {
    return new Promise(() => {});
  }
}

let sqs: SqsCeleryTesting;
let app: TestingModule;
let log: RecordingLogger;
let tasks: TaskProducer;

beforeEach(async () => {
  log = new RecordingLogger();
  sqs = await SqsCeleryTesting.start({ handlerPatienceMs: PATIENCE_MS });
});

afterEach(async () => {
  await app.close();
  await sqs.close();
});

async function start(...providers: Type[]): Promise<void> {
  @Module({
    imports: [SqsCeleryModule.forRoot({ queues: ['celery', 'other'] })],
    providers: [Work, ...providers],
  })
  class AppModule {}
  app = await sqs.attach(Test.createTestingModule({ imports: [AppModule] }).setLogger(log)).compile();
  await app.init();
  tasks = app.get(TaskProducer, { strict: false });
}

describe('spy.waitFor', () => {
  it('goes on waiting for what is handed back, as it runs again', async () => {
    await start();
    const { id } = await tasks.delay('later');
    expect(await sqs.spy.waitFor(id)).toMatchObject({ state: 'SUCCESS', result: 'now' });
  });

  it('says at once that a task was rejected for good', async () => {
    await start();
    const { id } = await tasks.delay('refuse');
    await expect(sqs.spy.waitFor(id)).rejects.toThrow(
      `task ${id} has not reached SUCCESS; it was seen to reach: STARTED, REJECTED. It has ended.`,
    );
  });

  it('says for which task it has waited in vain', async () => {
    await start();
    const { id } = await tasks.delay('endless');
    await expect(sqs.spy.waitFor(id, 'SUCCESS', { maxMs: 60_000 })).rejects.toThrow(
      new RegExp(`task ${id} has not reached SUCCESS; it was seen to reach: STARTED\\. .*60000 ms`),
    );
  });
});

describe('drainAll', () => {
  it('says which queues have work left', async () => {
    await start();
    await tasks.delay('endless');
    await expect(sqs.drainAll({ maxMs: 60_000 })).rejects.toThrow(/there is work left in: celery\. .*60000 ms/);
  });

  it('expects nothing of an application that could not start', async () => {
    sqs.local.fail({ action: 'CreateQueue', how: 'error', code: 'AccessDenied', status: 403, times: Infinity });
    await expect(start()).rejects.toThrow('AccessDenied');
    await sqs.drainAll();
  });

  it('expects nothing of a queue that was deleted', async () => {
    await start();
    const client = new SQSClient({
      endpoint: sqs.local.endpoint,
      region: sqs.local.region,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    await client.send(new DeleteQueueCommand({ QueueUrl: sqs.local.queueUrl('other') }));
    client.destroy();
    const { id } = await tasks.delay('add', 1, 2);
    await sqs.drainAll();
    expect(sqs.spy.of(id).at(-1)).toMatchObject({ state: 'SUCCESS', result: 3 });
  });
});

describe('the end of the application', () => {
  const complaints = (): string[] => log.of({ level: 'warn' }).filter((text) => text.startsWith('Listeners'));

  it('comes though a listener never ends, and says so once', async () => {
    await start();
    app.get(TaskEvents, { strict: false }).on('succeeded', () => new Promise(() => {}));
    await tasks.delay('add', 1, 2);
    await sqs.drainAll();
    await app.close();
    expect(complaints()).toEqual(['Listeners of task events had not ended after 2 s and are not waited for: 1.']);
  });

  it('waits for a listener that takes real time', async () => {
    const told: string[] = [];
    @Injectable()
    class Audit {
      @OnTaskEvent('drained')
      async drained(): Promise<void> {
        await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS / 4));
        told.push('ended');
      }
    }
    await start(Audit);
    await app.close();
    expect(told).toEqual(['ended']);
    expect(complaints()).toEqual([]);
  });
});

it('gives each connection queues of its own: equal names have other ARNs', async () => {
  @Module({ imports: [SqsCeleryModule.forRoot({}), SqsCeleryModule.forRoot({ name: 'eu' })], providers: [Work] })
  class AppModule {}
  app = await sqs.attach(Test.createTestingModule({ imports: [AppModule] }).setLogger(log)).compile();
  await app.init();
  expect(sqs.localOf('eu').queue('celery').arn).not.toBe(sqs.local.queue('celery').arn);
});
