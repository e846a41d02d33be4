// @ssut/nestjs-sqs as its documentation sets it up for batches. It is not compiled: it runs where that package is installed.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsMessageHandler, SqsModule } from '@ssut/nestjs-sqs';

const { endpoint, queueUrl, concurrency, taskMs } = JSON.parse(process.env.BENCH_LAYOUT);
const client = {
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
};
// It asks for ten messages, and for the next ten once these are done: more at once takes more consumers.
const names = Array.from({ length: Math.max(1, concurrency / 10) }, (_, index) => `bench-${index}`);

function monotonicMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Says how long the way of a task took that asks for it. */
function tellLatency({ Body }) {
  const { headers, body } = JSON.parse(Buffer.from(Body, 'base64').toString());
  if (headers.task !== 'bench.latency') return;
  const [[sentAt]] = JSON.parse(Buffer.from(body, 'base64').toString());
  console.log(`latency ${monotonicMs() - sentAt}`);
}

class BenchHandler {
  async handle(messages) {
    if (messages.length === 1) messages.forEach(tellLatency);
    if (taskMs > 0) await Promise.all(messages.map(() => sleep(taskMs * (0.5 + Math.random()))));
  }
}
for (const name of names) {
  const method = Object.getOwnPropertyDescriptor(BenchHandler.prototype, 'handle');
  // One method for each consumer, as each consumer has one handler.
  const own = { ...method, value: (messages) => method.value(messages) };
  Object.defineProperty(BenchHandler.prototype, name, own);
  SqsMessageHandler(name, true)(BenchHandler.prototype, name, own);
}

class BenchModule {}
Module({
  imports: [
    SqsModule.register({
      consumers: names.map((name) => ({
        name,
        queueUrl,
        sqs: new SQSClient(client),
        batchSize: 10,
        waitTimeSeconds: 20,
      })),
      producers: [],
    }),
  ],
  providers: [BenchHandler],
})(BenchModule);

await NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
process.once('SIGTERM', () => process.exit());
console.log('bench: ready');
