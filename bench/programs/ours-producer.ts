// Sends tasks for its parent, which orders them over IPC and is answered with what they cost.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, TaskProducer } from 'nestjs-sqs-celery';
import type { SendCost, SendOrder } from './producer-messages.js';
import { credentials, layoutOfEnv, monotonicMs, region } from './settings.js';

const { endpoint, queue, queueUrl, otherQueues } = layoutOfEnv();
const queues = [{ name: queue, url: queueUrl }, ...otherQueues];
const names = queues.map(({ name }) => name);

@Module({
  imports: [
    SqsCeleryModule.forRoot({
      queues,
      worker: false,
      clientConfig: { endpoint, region, credentials },
    }),
  ],
})
class ProducerModule {}

const app = await NestFactory.createApplicationContext(ProducerModule, { logger: ['error', 'warn'] });
const producer = app.get(TaskProducer);

async function send({ task, tasks, bytes, groups, callers }: SendOrder): Promise<SendCost> {
  const payload = bytes > 0 ? ['x'.repeat(bytes)] : [];
  let left = tasks;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const call = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const args = task === 'bench.latency' ? [monotonicMs()] : payload;
      const place = { args, queue: names[left % names.length] };
      await producer.send(task, groups > 0 ? { ...place, groupId: `group-${left % groups}` } : place);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, seconds: (performance.now() - startedAt) / 1000 };
}

process.on('message', (order: SendOrder) => void send(order).then((cost) => process.send?.(cost)));
process.on('disconnect', () => void app.close());
process.send?.('ready');
