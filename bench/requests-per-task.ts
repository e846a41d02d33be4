// Prints the SQS requests that a backlog of no-op tasks costs, counted at the endpoint: producer and worker apart.
//   npm run bench -- [--tasks 1000] [--concurrency 10]
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Injectable, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, Task, TaskProducer, type SqsCeleryOptions } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';

const { values } = parseArgs({
  options: { tasks: { type: 'string', default: '1000' }, concurrency: { type: 'string', default: '10' } },
});
const tasks = Number(values.tasks);

let left = tasks;
let allDone: () => void;
const done = new Promise<void>((resolve) => {
  allDone = resolve;
});

@Injectable()
class NoopTasks {
  @Task('noop')
  noop(): void {
    left -= 1;
    if (left === 0) allDone();
  }
}

function options(endpoint: string): SqsCeleryOptions {
  return {
    queues: [{ name: 'celery', concurrency: Number(values.concurrency) }],
    createMissingQueues: true,
    clientConfig: { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'x' } },
  };
}

function application(endpoint: string, providers: Type[]): Promise<INestApplicationContext> {
  @Module({ imports: [SqsCeleryModule.forRoot(options(endpoint))], providers })
  class BenchModule {}
  return NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
}

function report(title: string, counts: Readonly<Record<string, number>>): number {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const detail = Object.entries(counts)
    .map(([action, count]) => `${action} ${count}`)
    .join(', ');
  console.log(`${title.padEnd(9)} ${(total / tasks).toFixed(3)} requests per task  (${detail})`);
  return total;
}

const sqs = await LocalSqs.start({ port: 0 });
const producer = await application(sqs.endpoint, []);
sqs.resetRequestCounts();
await Promise.all(Array.from({ length: tasks }, () => producer.get(TaskProducer).delay('noop')));
const sent = report('producer', sqs.requestCounts());

sqs.resetRequestCounts();
const worker = await application(sqs.endpoint, [NoopTasks]);
await done;
await worker.close();
const received = report('worker', sqs.requestCounts());
console.log(`together  ${((sent + received) / tasks).toFixed(3)} requests per task, ${tasks} tasks`);
await producer.close();
await sqs.close();
