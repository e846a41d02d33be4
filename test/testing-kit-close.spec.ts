import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CLOCK, SqsCeleryModule, Task, TaskProducer, type Clock } from 'nestjs-sqs-celery';
import { SqsCeleryTesting } from 'nestjs-sqs-celery/testing';
import { expect, it } from 'vitest';
import { RecordingLogger } from './nest.test-support.js';

@Injectable()
class Work {
  ended = false;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  @Task('wait')
  async wait(): Promise<void> {
    await new Promise<void>((resolve) => void this.clock.setTimeout(resolve, 5000));
    this.ended = true;
  }
}

/** On both queues an open poll is awaited at the end, for as long as it lasts. */
@Module({
  imports: [
    SqsCeleryModule.forRoot({
      queues: ['celery', 'ledger.fifo', { name: 'few', deadLetter: { maxReceiveCount: 3 } }],
      resultBackend: 'redis://redis.internal',
    }),
  ],
  providers: [Work],
})
class AppModule {}

async function start(sqs: SqsCeleryTesting) {
  const log = new RecordingLogger();
  const app = await sqs.attach(Test.createTestingModule({ imports: [AppModule] }).setLogger(log)).compile();
  await app.init();
  return { app, log };
}

/** What would keep the process from ending, or a test runner waiting. */
function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|Timeout|Request|Req|Worker|MessagePort/i.test(name))
    .toSorted();
}

/** Milliseconds that `app.close()` takes, and what was open before. */
async function closing(): Promise<{ readonly took: number; readonly open: readonly string[] }> {
  const sqs = await SqsCeleryTesting.start();
  const { app } = await start(sqs);
  await app.get(TaskProducer, { strict: false }).delay('nobody.has.it');
  await sqs.advance(30_000);
  const open = handles();
  const since = performance.now();
  await app.close();
  const took = performance.now() - since;
  await sqs.close();
  return { took, open };
}

it('closes an idle module within 100 ms, and leaves no handle', async () => {
  await closing();
  const before = handles();
  // A loaded machine may stop for as long at any time: not every time.
  const closed = [await closing(), await closing(), await closing()];
  expect(Math.min(...closed.map(({ took }) => took))).toBeLessThan(100);
  expect(closed[0]?.open.length).toBeGreaterThan(before.length);
  await new Promise((resolve) => setImmediate(resolve));
  expect(handles()).toEqual(before);
});

it('lets a handler end that waits for the clock', async () => {
  await using sqs = await SqsCeleryTesting.start({ handlerPatienceMs: 20 });
  const { app, log } = await start(sqs);
  await app.get(TaskProducer, { strict: false }).delay('wait');
  await sqs.advance(1000);
  const work = app.get(Work, { strict: false });
  expect(work.ended).toBe(false);
  await app.close();
  expect(work.ended).toBe(true);
  expect(log.of({ level: 'error' })).toEqual([]);
});

it('closes while the test moves the clock as well', async () => {
  await using sqs = await SqsCeleryTesting.start();
  const { app, log } = await start(sqs);
  await Promise.all([app.close(), sqs.advance(60_000)]);
  expect(log.of({ level: 'error' })).toEqual([]);
});
