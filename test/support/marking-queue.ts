import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { readMarks, WorkerProcess, type Mark } from './worker-process.js';

/** Queues full of tasks that mark a file, and the worker processes that run them. */
export class MarkingQueue {
  readonly #workers = new Set<WorkerProcess>();

  private constructor(
    readonly sqs: LocalSqs,
    private readonly folder: string,
    private readonly queues: readonly string[],
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** `env`: options of every worker, `CONCURRENCY` and `LEASE`. */
  static async open(env: NodeJS.ProcessEnv, queues: readonly string[] = ['celery']): Promise<MarkingQueue> {
    const sqs = await LocalSqs.start();
    for (const queue of queues) sqs.createQueue(queue);
    return new MarkingQueue(sqs, await mkdtemp(join(tmpdir(), 'sqs-celery-')), queues, env);
  }

  /** Puts one task per delay on the queues by turns; the first has the number `first`, and task `number` the id `task-<number>`. */
  async send(delaysMs: readonly number[], task: 'mark' | 'block' = 'mark', first = 0): Promise<void> {
    const app = await NestFactory.createApplicationContext(
      SqsCeleryModule.forRoot({
        queues: this.queues,
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
      delaysMs.map((delay, position) => {
        const number = first + position;
        const queue = this.queues[number % this.queues.length] ?? 'celery';
        return producer.send(task, { args: [number, delay], taskId: `task-${number}`, queue });
      }),
    );
    await app.close();
  }

  async startWorker(): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start({
      fixture: 'marking-worker',
      endpoint: this.sqs.endpoint,
      env: { MARK_FILE: this.#markFile, QUEUES: this.queues.join(','), ...this.env },
    });
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
