// An hour without messages, and one after a burst, by a virtual clock: prints the requests of both as JSON. Its argument says how
// many queues there are; the burst is for one.
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import { SqsCeleryTesting } from 'nestjs-sqs-celery/testing';
import type { IdleHour } from './idle-hour-messages.js';

const HOUR_MS = 3_600_000;
const BURST = 200;
const queues = Array.from({ length: Number(process.argv[2] ?? 1) }, (_, index) =>
  index === 0 ? 'celery' : `celery-${index}`,
);

@Injectable()
class BenchTasks {
  @Task('bench.noop')
  noop(): void {}
}

@Module({ imports: [SqsCeleryModule.forRoot({ queues })], providers: [BenchTasks] })
class BenchModule {}

const sqs = await SqsCeleryTesting.start();
const module = await sqs.attach(Test.createTestingModule({ imports: [BenchModule] })).compile();
await module.init();

async function requestsOfAnHour(): Promise<number> {
  sqs.local.resetRequestCounts();
  await sqs.advance(HOUR_MS);
  return Object.values(sqs.local.requestCounts()).reduce((sum, count) => sum + count, 0);
}

async function burst(): Promise<void> {
  const producer = module.get(TaskProducer);
  await Promise.all(Array.from({ length: BURST }, () => producer.delay('bench.noop')));
  await sqs.drainAll();
}

const idle = await requestsOfAnHour();
if (queues.length === 1) await burst();
const hour: IdleHour = { idle, ...(queues.length === 1 && { afterBurst: await requestsOfAnHour() }) };
console.log(`idle ${JSON.stringify(hour)}`);
await module.close();
await sqs.close();
