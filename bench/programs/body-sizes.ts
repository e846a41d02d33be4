// Sends the task of vectors/simple_task in each form, and prints the bytes of the SQS bodies as JSON.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { credentials, region } from './settings.js';

const sqs = await LocalSqs.start({ port: 0 });
const url = sqs.createQueue('celery');

async function bodyBytes(envelope: 'base64' | 'raw' | 'compact'): Promise<number> {
  @Module({
    imports: [
      SqsCeleryModule.forRoot({
        queues: [{ name: 'celery', url }],
        worker: false,
        envelope,
        clientConfig: { endpoint: sqs.endpoint, region, credentials },
      }),
    ],
  })
  class ProducerModule {}
  const app = await NestFactory.createApplicationContext(ProducerModule, { logger: ['error', 'warn'] });
  await app.get(TaskProducer).send('proj.tasks.add', { args: [2, 3] });
  await app.close();
  return Buffer.byteLength(sqs.queue('celery').messages.at(-1)?.body ?? '');
}

const sizes = { base64: await bodyBytes('base64'), raw: await bodyBytes('raw'), compact: await bodyBytes('compact') };
console.log(`sizes ${JSON.stringify(sizes)}`);
await sqs.close();
