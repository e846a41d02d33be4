// A Nest worker in a process of its own, for scenarios that kill it.
import 'reflect-metadata';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule } from 'nestjs-sqs-celery';
import type { Note } from './journal.js';
import { SemanticsTasks, SETTING } from './nest-tasks.js';

const { JOURNAL = '', QUEUE = '', QUEUE_URL = '', LEASE = '30', CONCURRENCY = '10' } = process.env;

/** Resolves once the journal has the note. */
async function write(note: Note): Promise<void> {
  const [host = '', port] = JOURNAL.split(':');
  const socket = connect(Number(port), host);
  socket.write(`${JSON.stringify(note)}\n`);
  await once(socket, 'data');
  socket.destroy();
}

@Module({
  imports: [
    SqsCeleryModule.forRoot({
      queues: [{ name: QUEUE, url: QUEUE_URL }],
      waitTimeSeconds: 1,
      lease: Number(LEASE),
      concurrency: Number(CONCURRENCY),
    }),
  ],
  providers: [SemanticsTasks, { provide: SETTING, useValue: { write } }],
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule);
app.enableShutdownHooks();
