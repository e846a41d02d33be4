// A Nest application that runs the tasks of one queue.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, Task } from 'nestjs-sqs-celery';
import { credentials, layoutOfEnv, monotonicMs, region, taskTime } from './settings.js';

const layout = layoutOfEnv();
const { endpoint, queue, queueUrl, otherQueues, concurrency, prefetch, redis, lease } = layout;
const queues = [{ name: queue, url: queueUrl }, ...otherQueues];

@Injectable()
class BenchTasks {
  @Task('bench.noop')
  noop(): void {}

  @Task('bench.payload')
  payload(_text: string): void {}

  @Task('bench.timed')
  async timed(): Promise<void> {
    await sleep(taskTime(layout));
  }

  /** Says how long it took from `send` to here. */
  @Task('bench.latency')
  latency(sentAt: number): void {
    console.log(`latency ${monotonicMs() - sentAt}`);
  }

  /** Never ends. */
  @Task('bench.hold')
  async hold(): Promise<void> {
    console.log('holding');
    await new Promise(() => {});
  }
}

@Module({
  imports: [
    SqsCeleryModule.forRoot({
      queues: queues.map((place) => ({
        ...place,
        concurrency,
        lease,
        ...(prefetch > 0 && { prefetch }),
      })),
      // A FIFO queue without a dead-letter queue wants to be told; there is no poison here.
      ...(queue.endsWith('.fifo') && { poison: 'block' as const }),
      clientConfig: { endpoint, region, credentials },
      ...(redis && { resultBackend: redis }),
    }),
  ],
  providers: [BenchTasks],
})
class BenchModule {}

const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
// An exit of its own, not by the signal: it leaves its profile, where one was asked for.
app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  console.log('bench: collected');
});
console.log('bench: ready');
