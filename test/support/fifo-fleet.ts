import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs, type QueueView } from 'nestjs-sqs-celery/testing';
import { parseAttempts, type AttemptEvent } from './attempt-log.js';
import { WorkerProcess } from './worker-process.js';

/** How an attempt ends after some milliseconds; a retry comes after `countdown` seconds. */
export interface Step {
  readonly outcome: 'ok' | 'fail' | 'retry';
  readonly milliseconds: number;
  readonly countdown?: number;
}

/** The steps of each task of each group, in the order of the queue. */
export type Plan = ReadonlyMap<string, readonly (readonly Step[])[]>;

export interface FleetOptions {
  /** Seconds of every lease, also on later receives. */
  readonly leaseSeconds: number;
  /** Of each worker. */
  readonly concurrency: number;
  readonly maxReceiveCount: number;
}

const QUEUE = 'celery.fifo';
const DEAD_LETTERS = 'dead-letters.fifo';

/** A FIFO queue and the worker processes that run its tasks. */
export class FifoFleet {
  readonly workers = new Set<WorkerProcess>();
  readonly #started: WorkerProcess[] = [];
  readonly #starting: Promise<WorkerProcess>[] = [];

  private constructor(
    readonly sqs: LocalSqs,
    private readonly folder: string,
    private readonly options: FleetOptions,
  ) {}

  static async open(options: FleetOptions): Promise<FifoFleet> {
    const sqs = await LocalSqs.start();
    sqs.createQueue(DEAD_LETTERS);
    const deadLetterTargetArn = sqs.queue(DEAD_LETTERS).arn;
    const { leaseSeconds, maxReceiveCount } = options;
    sqs.createQueue(QUEUE, {
      attributes: {
        // No lease of a later receive is longer than the queue's own.
        VisibilityTimeout: String(leaseSeconds),
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
      },
    });
    return new FifoFleet(sqs, await mkdtemp(join(tmpdir(), 'sqs-celery-')), options);
  }

  get queue(): QueueView {
    return this.sqs.queue(QUEUE);
  }

  get deadLetters(): QueueView {
    return this.sqs.queue(DEAD_LETTERS);
  }

  /** The log of all workers that have been. */
  get output(): string {
    return this.#started.map(({ output }) => output).join('\n');
  }

  /** Puts the tasks of all groups on the queue, by turns: the first of each group, the second of each, … */
  async send(plan: Plan): Promise<void> {
    const app = await NestFactory.createApplicationContext(
      SqsCeleryModule.forRoot({
        queues: [QUEUE],
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
    const tasks = [...plan].flatMap(([group, steps]) => steps.map((task, index) => ({ group, index, task })));
    await Promise.all(
      tasks
        .toSorted((a, b) => a.index - b.index)
        .map(({ group, index, task }) =>
          producer.send('step', { args: [group, index, task], groupId: group, taskId: `${group}-${index}` }),
        ),
    );
    await app.close();
  }

  async startWorker(): Promise<WorkerProcess> {
    const { concurrency, leaseSeconds } = this.options;
    const env = { ATTEMPT_FILE: this.#file, CONCURRENCY: String(concurrency), LEASE: String(leaseSeconds) };
    const starting = WorkerProcess.start({ fixture: 'fifo-worker', endpoint: this.sqs.endpoint, env });
    this.#starting.push(starting);
    const worker = await starting;
    this.workers.add(worker);
    this.#started.push(worker);
    return worker;
  }

  /** SIGKILL is written down among the attempts. */
  async endWorker(worker: WorkerProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.workers.delete(worker);
    await worker.end(signal);
    const killed: AttemptEvent = { kind: 'killed', pid: worker.pid, at: Date.now() };
    if (signal === 'SIGKILL') await appendFile(this.#file, `${JSON.stringify(killed)}\n`);
  }

  async attempts(): Promise<AttemptEvent[]> {
    return parseAttempts(await readFile(this.#file, 'utf8').catch(() => ''));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#starting);
    await Promise.all(this.#started.map((worker) => worker.end('SIGKILL')));
    await this.sqs.close();
    await rm(this.folder, { recursive: true });
  }

  get #file(): string {
    return join(this.folder, 'attempts');
  }
}
