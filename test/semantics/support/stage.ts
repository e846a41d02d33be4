import type { SqsCeleryOptions } from 'nestjs-sqs-celery';
import { fileURLToPath } from 'node:url';
import { credentials } from '../../interop/support/endpoint.js';
import { Program } from '../../interop/support/program.js';
import { PythonWorker } from '../../interop/support/python-celery.js';
import { Journal } from './journal.js';
import { NestApp } from './nest-app.js';
import { Queue, type QueueWish } from './queue.js';
import type { PythonSend, Site } from './site.js';

const runSources = fileURLToPath(new URL('../../package/run-sources.mjs', import.meta.url));
const nestWorker = fileURLToPath(new URL('nest-worker.ts', import.meta.url));
const pythonTasks = fileURLToPath(new URL('../python', import.meta.url));

export interface CeleryOptions {
  /** Celery's `task_acks_late`. Default: false, as in Celery. */
  readonly acksLate?: boolean;
  /** Processes of its pool. Default: 1. */
  readonly concurrency?: number;
  /** Seconds that its work takes, whatever the message says. */
  readonly seconds?: number;
  /** Whether it knows none of the scenarios' tasks. Default: false. */
  readonly stranger?: boolean;
}

export interface NestOptions extends SqsCeleryOptions {
  /** Seconds that its work takes, whatever the message says. */
  readonly seconds?: number;
  /** Whether it knows none of the scenarios' tasks. Default: false. */
  readonly stranger?: boolean;
}

export interface NestProcessOptions {
  /** Seconds. */
  readonly lease: number;
  readonly concurrency?: number;
}

/** One run of one scenario on one endpoint: its queues, its journal, and whatever it starts. */
export class Stage {
  readonly #site: Site;
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly journal: Journal;

  private constructor(site: Site, journal: Journal) {
    this.#site = site;
    this.journal = journal;
    this.#closers.push(() => journal.stop());
  }

  static async open(site: Site): Promise<Stage> {
    const stage = new Stage(site, await Journal.start());
    site.keep(stage);
    return stage;
  }

  queue(wish: QueueWish = {}): Promise<Queue> {
    return Queue.create(this.#site.endpoint, this.#site.nextName(), wish);
  }

  /** Starts a Nest application in this process that consumes the queue. Polls are short, as everything here is. */
  async nest(queue: Queue, { seconds, ...options }: NestOptions = {}): Promise<NestApp> {
    const write = (note: Parameters<Journal['add']>[0]): void => this.journal.add(note);
    const app = await NestApp.start({
      endpoint: this.#site.endpoint.url,
      setting: { write, ...(seconds !== undefined && { seconds }) },
      waitTimeSeconds: 1,
      queues: [{ name: queue.name, url: queue.url }],
      ...options,
    });
    this.#closers.push(() => app.stop());
    return app;
  }

  /** Starts a Nest application in a process of its own. */
  async nestProcess(queue: Queue, { lease, concurrency = 10 }: NestProcessOptions): Promise<Program> {
    const flags = ['--no-deprecation', '--import', runSources];
    const program = new Program('Nest worker', process.execPath, [...flags, nestWorker], {
      env: {
        AWS_ENDPOINT_URL_SQS: this.#site.endpoint.url,
        AWS_REGION: this.#site.endpoint.region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        JOURNAL: this.journal.address,
        QUEUE: queue.name,
        QUEUE_URL: queue.url,
        LEASE: `${lease}`,
        CONCURRENCY: `${concurrency}`,
        NO_COLOR: '1',
      },
    });
    this.#closers.push(() => program.stop('SIGKILL'));
    await program.line(/ ready\./);
    return program;
  }

  /** Starts a `celery worker`, with Celery's default pool, that consumes the queue. */
  async celery(queue: Queue, options: CeleryOptions = {}): Promise<Program> {
    const { acksLate = false, concurrency = 1, seconds, stranger = false } = options;
    const { program } = await PythonWorker.start({
      python: this.#site.celery,
      endpoint: this.#site.endpoint,
      recorder: this.journal.address,
      queues: [queue.name],
      pool: 'prefork',
      concurrency,
      detached: true,
      settings: {
        imports: stranger ? [] : ['semantics_tasks'],
        task_acks_late: acksLate,
        broker_transport_options: { predefined_queues: { [queue.name]: { url: queue.url } } },
      },
      env: { PYTHONPATH: pythonTasks, ...(seconds !== undefined && { SEMANTICS_SECONDS: `${seconds}` }) },
    });
    this.#closers.push(() => killGroup(program));
    return program;
  }

  /** Sends with Celery's producer: both fleets are given the same messages. Resolves with the task id. */
  send(queue: Queue, task: string, send: PythonSend = {}): Promise<string> {
    return this.#site.send(queue.name, task, send);
  }

  async close(): Promise<void> {
    this.#site.release(this);
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}

/** What the operating system does to a container that is out of memory: everything at once. Resolves once it is gone. */
export async function killGroup(program: Program): Promise<void> {
  try {
    if (program.pid !== undefined) process.kill(-program.pid, 'SIGKILL');
  } catch (error) {
    // The group has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await program.ended;
}
