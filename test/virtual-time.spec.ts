import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { CLOCK, Retry, SqsCeleryModule, Task, TaskContext, TaskProducer, TaskRequest } from 'nestjs-sqs-celery';
import { LocalSqs, VirtualClock } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MINUTE = 60_000;

/** What ran, and how many minutes after the start. */
const runs: [name: string, minute: number][] = [];
const clock = new VirtualClock();
let startedAt: number;

function record(name: string): void {
  runs.push([name, Math.round((clock.now() - startedAt) / MINUTE)]);
}

@Injectable()
class SlowTasks {
  @Task('report')
  async report(minutes: number): Promise<void> {
    record('report begins');
    await new Promise<void>((resolve) => clock.setTimeout(resolve, minutes * MINUTE));
    record('report ends');
  }

  @Task('remind')
  remind(): void {
    record('remind');
  }

  @Task('flaky')
  flaky(@TaskContext() task: TaskRequest): void {
    record(`flaky ${task.retries}`);
    if (task.retries < 3) throw new Retry({ countdown: 10 * 60 });
  }
}

let sqs: LocalSqs;
let app: TestingModule;

beforeEach(async () => {
  runs.length = 0;
  startedAt = clock.now();
  sqs = await LocalSqs.start({ clock });
  sqs.createQueue('celery');

  @Module({
    imports: [
      SqsCeleryModule.forRoot({
        queues: ['celery'],
        clientConfig: {
          endpoint: sqs.endpoint,
          region: sqs.region,
          credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
        },
      }),
    ],
    providers: [SlowTasks],
  })
  class AppModule {}

  app = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(CLOCK)
    .useValue(clock)
    .setLogger(false as never)
    .compile();
  await app.init();
});

afterEach(async () => {
  const closing = app.close();
  await clock.advance(MINUTE);
  await closing;
  await sqs.close();
});

it('lets an hour of leases, delays and retries pass in a moment', async () => {
  const producer = app.get(TaskProducer);
  const sending = Promise.all([
    producer.send('report', { args: [50] }),
    producer.send('remind', { countdown: 45 * 60 }),
    producer.send('flaky'),
  ]);
  await clock.advance(60 * MINUTE);
  await sending;
  expect(runs.toSorted(([, a], [, b]) => a - b)).toEqual([
    ['report begins', 0],
    ['flaky 0', 0],
    ['flaky 1', 10],
    ['flaky 2', 20],
    ['flaky 3', 30],
    ['remind', 45],
    ['report ends', 50],
  ]);
  expect(sqs.queue('celery').messages).toEqual([]);
  expect(sqs.requestCounts().ReceiveMessage).toBeLessThan(180 + 20);
});
