// A Nest worker in a process of its own, to be killed: the tasks of random canvases.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule } from 'nestjs-sqs-celery';
import { createClient } from 'redis';
import { AGAIN } from './canvas-signature.js';
import { losingDeletes } from './lost-deletes.js';
import { JOURNAL, WalkTasks, type WalkJournal } from './walk-tasks.js';

const { ENDPOINT = '', QUEUES = '{}', CONSUMED, REDIS = '', LEASE = '5' } = process.env;

const redis = await createClient({ url: REDIS }).connect();
const journal: WalkJournal = {
  run: async (run) => void (await redis.rPush('walk:runs', JSON.stringify(run))),
  called: async (canvas, args) => void (await redis.sAdd(`walk:called:${canvas}`, args)),
};

/** The task's own id: that of a task that is to follow it may be in the message as well. */
function isLost(body: string): boolean {
  const { headers } = JSON.parse(Buffer.from(body, 'base64').toString()) as { headers: { id: string } };
  return headers.id.endsWith(AGAIN);
}

const config = {
  endpoint: ENDPOINT,
  region: 'us-east-1',
  credentials: { accessKeyId: 'interop', secretAccessKey: 'interop-secret' },
};

const queues = Object.entries(JSON.parse(QUEUES) as Record<string, string>).map(([name, url]) => {
  return { name, url, consume: name === CONSUMED, lease: Number(LEASE) };
});

@Module({
  imports: [
    SqsCeleryModule.forRoot({
      queues,
      client: losingDeletes(config, isLost),
      waitTimeSeconds: 1,
      resultBackend: REDIS,
      taskDefaultQueue: 'nest',
    }),
  ],
  providers: [{ provide: JOURNAL, useValue: journal }, WalkTasks],
})
class WalkModule {}

await NestFactory.createApplicationContext(WalkModule);
