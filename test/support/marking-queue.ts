import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { readMarks, WorkerProcess, type Mark } from './worker-process.js';

/** A queue full of tasks that mark a file, and the worker processes that run them. */
export class MarkingQueue {
  readonly #workers = new Set<WorkerProcess>();

  private constructor(
    readonly sqs: LocalSqs,
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** `env`: options of every worker, `CONCURRENCY` and `LEASE`. */
  static async open(env: NodeJS.ProcessEnv): Promise<MarkingQueue> {
    const sqs = await LocalSqs.start();
    sqs.createQueue('celery');
    return new MarkingQueue(sqs, await mkdtemp(join(tmpdir(), 'sqs-celery-')), env);
  }

  /** Puts one task per delay on the queue; task `number` has the id `task-<number>` and is `blocking` or sleeps. */
  async send(delaysMs: readonly number[], blocking: readonly number[] = []): Promise<void> {
    const app = await NestFactory.createApplicationContext(
      SqsCeleryModule.forRoot({
        queues: ['celery'],
        worker: false,
        clientConfig: {
          endpoint: this.sqs.endpoint,
          region: this.sqs.region,
          credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
        },
      }),
      { logger: false },
    );
    const producer = app.get(TaskProducer);
    await Promise.all(
      delaysMs.map((delay, number) =>
        producer.send(blocking.includes(number) ? 'block' : 'mark', {
          args: [number, delay],
          taskId: `task-${number}`,
        }),
      ),
    );
    await app.close();
  }

  async startWorker(): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start(this.sqs.endpoint, this.#markFile, this.env);
    this.#workers.add(worker);
    return worker;
  }

  async endWorker(worker: WorkerProcess, signal: NodeJS.Signals): Promise<void> {
    await worker.end(signal);
    this.#workers.delete(worker);
  }

  marks(): Promise<Mark[]> {
    return readMarks(this.#markFile);
  }

  /** The numbers of the tasks that a worker has received. */
  received(worker: WorkerProcess): Set<number> {
    return new Set([...worker.output.matchAll(/mark\[task-(\d+)\] received/g)].map((match) => Number(match[1])));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.end('SIGKILL')));
    await this.sqs.close();
    await rm(this.folder, { recursive: true });
  }

  get #markFile(): string {
    return join(this.folder, 'marks');
  }
}
