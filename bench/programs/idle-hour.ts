// An hour without messages, and one after a burst, by a virtual clock: prints the requests of both as JSON.
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import { SqsCeleryTesting } from 'nestjs-sqs-celery/testing';

const HOUR_MS = 3_600_000;
const BURST = 200;

@Injectable()
class BenchTasks {
  @Task('bench.noop')
  noop(): void {}
}

@Module({ imports: [SqsCeleryModule.forRoot({ queues: ['celery'] })], providers: [BenchTasks] })
class BenchModule {}

const sqs = await SqsCeleryTesting.start();
const module = await sqs.attach(Test.createTestingModule({ imports: [BenchModule] })).compile();
await module.init();

async function requestsOfAnHour(): Promise<number> {
  sqs.local.resetRequestCounts();
  await sqs.advance(HOUR_MS);
  return Object.values(sqs.local.requestCounts()).reduce((sum, count) => sum + count, 0);
}

const idle = await requestsOfAnHour();
const producer = module.get(TaskProducer);
await Promise.all(Array.from({ length: BURST }, () => producer.delay('bench.noop')));
await sqs.drainAll();
const afterBurst = await requestsOfAnHour();
console.log(`idle ${JSON.stringify({ idle, afterBurst })}`);
await module.close();
await sqs.close();
