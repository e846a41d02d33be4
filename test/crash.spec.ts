import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, TaskProducer, type SqsCeleryOptions } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readMarks, WorkerProcess } from './support/worker-process.js';

const LEASE_SECONDS = 5;

describe('workers that end', () => {
  let sqs: LocalSqs;
  let folder: string;
  let markFile: string;
  const workers = new Set<WorkerProcess>();

  beforeEach(async () => {
    sqs = await LocalSqs.start({ port: 0 });
    folder = await mkdtemp(join(tmpdir(), 'sqs-celery-'));
    markFile = join(folder, 'marks');
  });

  afterEach(async () => {
    await Promise.all([...workers].map((worker) => worker.end('SIGKILL')));
    workers.clear();
    await sqs.close();
    await rm(folder, { recursive: true });
  });

  async function startWorker(env: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start(sqs.endpoint, markFile, env);
    workers.add(worker);
    return worker;
  }

  async function endWorker(worker: WorkerProcess, signal: NodeJS.Signals): Promise<void> {
    workers.delete(worker);
    await worker.end(signal);
  }

  /** Makes the queue and puts `count` tasks on it. */
  async function send(count: number, delayMs: (number: number) => number): Promise<void> {
    const options: SqsCeleryOptions = {
      queues: [{ name: 'celery', attributes: { visibilityTimeout: LEASE_SECONDS }, deadLetter: false }],
      createMissingQueues: true,
      worker: false,
      clientConfig: {
        endpoint: sqs.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
      },
    };
    const app = await NestFactory.createApplicationContext(SqsCeleryModule.forRoot(options), { logger: false });
    const producer = app.get(TaskProducer);
    await Promise.all(Array.from({ length: count }, (_, number) => producer.delay('mark', number, delayMs(number))));
    await app.close();
  }

  it('lose nothing by SIGKILL: what they held is back within one lease', { timeout: 90_000 }, async () => {
    await send(300, () => 100 + Math.random() * 200);
    const env = { LEASE: String(LEASE_SECONDS) };
    let [first, second] = await Promise.all([startWorker(env), startWorker(env)]);
    const kills: number[] = [];
    for (const killAfter of [30, 90, 150]) {
      await vi.waitUntil(async () => (await readMarks(markFile)).length > killAfter + Math.random() * 30, 30_000);
      await endWorker(first, 'SIGKILL');
      kills.push(Date.now());
      [first, second] = [second, await startWorker(env)];
    }
    await vi.waitUntil(
      async () => new Set((await readMarks(markFile)).map(({ number }) => number)).size === 300,
      60_000,
    );

    const marks = await readMarks(markFile);
    const firstMark = new Map<number, number>();
    for (const { number, at } of marks) if (!firstMark.has(number)) firstMark.set(number, at);
    const lastKill = kills.at(-1) ?? 0;
    const lastRecovery = Math.max(...firstMark.values());
    expect(lastRecovery - lastKill).toBeLessThan((LEASE_SECONDS + 2) * 1000 + 3_000);
    await Promise.all([endWorker(first, 'SIGTERM'), endWorker(second, 'SIGTERM')]);
  });
});
