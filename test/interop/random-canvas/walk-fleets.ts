import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, TaskProducer } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { createClient } from 'redis';
import { credentials, type Endpoint } from '../support/endpoint.js';
import { Program } from '../support/program.js';
import { PythonWorker, pythonEnvironment, type PythonOptions } from '../support/python-celery.js';
import { RedisServer } from '../support/redis.js';
import { PythonWalk } from './python-walk.js';
import { leftOn, type LeftMessage, type WorkerLog } from './stuck.js';

/** `python`, `nest` and `both` are those of the mixed fleet. */
const QUEUES = ['python', 'nest', 'both', 'oracle'] as const;

const LEASE_SECONDS = 4;
/** The first worker compiles the sources. */
const START_MS = 120_000;

const runSources = fileURLToPath(new URL('../../package/run-sources.mjs', import.meta.url));
const nestWorker = fileURLToPath(new URL('nest-worker.ts', import.meta.url));

interface Stoppable {
  stop(): Promise<unknown>;
}

/** A mixed fleet of Python and Nest processes, a fleet that is all Python, and producers of both kinds: one broker, one Redis. */
export class WalkFleets {
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #nestWorkers: Program[] = [];
  /** Workers of both kinds, by what they are called in a report. */
  readonly #workers = new Map<Program, string>();
  #sqs!: LocalSqs;
  redisUrl!: string;
  redis!: ReturnType<typeof connect>;
  python!: PythonWalk;
  /** Nest's producer. */
  tasks!: TaskProducer;

  private constructor() {}

  static async start(python: string): Promise<WalkFleets> {
    const fleets = new WalkFleets();
    try {
      await fleets.#open(python);
    } catch (error) {
      await fleets.stop();
      throw error;
    }
    return fleets;
  }

  /** Messages that are left on all queues, whatever their state. */
  get messagesLeft(): number {
    const counts = QUEUES.map((name) => this.#sqs.queue(name));
    return counts.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0);
  }

  /** The same one by one. */
  get left(): readonly LeftMessage[] {
    return QUEUES.flatMap((name) => leftOn(this.#sqs.queue(name)));
  }

  /** What the workers that live have printed. */
  get logs(): readonly WorkerLog[] {
    return [...this.#workers].map(([{ lines }, worker]) => ({ worker, lines }));
  }

  /** What is in flight of the queue whose workers are killed. */
  get heldByNest(): number {
    return this.#sqs.queue('nest').inFlight;
  }

  /** Starts a Nest worker that is to be killed. */
  async startNestWorker(): Promise<void> {
    this.#nestWorkers.push(await this.#startNest('nest'));
  }

  /** Ends the Nest worker that was started first, without a warning. */
  async killNestWorker(): Promise<void> {
    const killed = this.#nestWorkers.shift();
    if (!killed) return;
    this.#workers.delete(killed);
    await killed.stop('SIGKILL');
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }

  async #startNest(consumed: 'nest' | 'both'): Promise<Program> {
    const urls = Object.fromEntries(QUEUES.slice(0, 3).map((name) => [name, this.#sqs.queue(name).url]));
    const flags = ['--no-deprecation', '--conditions=@sqs-celery/source', '--import', runSources];
    const program = new Program('Nest worker', process.execPath, [...flags, nestWorker], {
      env: {
        ENDPOINT: this.#sqs.endpoint,
        QUEUES: JSON.stringify(urls),
        CONSUMED: consumed,
        REDIS: this.redisUrl,
        LEASE: `${LEASE_SECONDS}`,
        NO_COLOR: '1',
      },
    });
    this.#closers.push(() => program.stop('SIGKILL'));
    this.#workers.set(program, `Nest worker of ${consumed}`);
    await program.line(/ ready\./, START_MS);
    return program;
  }

  async #open(python: string): Promise<void> {
    this.#sqs = await LocalSqs.start();
    this.#closers.push(() => this.#sqs.close());
    for (const name of QUEUES) this.#sqs.createQueue(name);
    this.redisUrl = this.#keep(await RedisServer.start()).url;
    this.redis = connect(this.redisUrl);
    this.#closers.push(async () => this.redis.destroy());
    await this.redis.connect();
    const options = this.#pythonOptions(python);
    this.python = this.#keep(PythonWalk.start(python, pythonEnvironment(options)));
    await Promise.all([
      this.#startPython(options, ['python', 'both']),
      this.#startPython(options, ['oracle']),
      this.#startNests(),
      this.#openProducer(),
    ]);
  }

  async #startPython(options: PythonOptions, queues: readonly string[]): Promise<void> {
    const { program } = this.#keep(await PythonWorker.start({ ...options, queues }));
    this.#workers.set(program, `Python worker of ${queues.join(' and ')}`);
  }

  async #startNests(): Promise<void> {
    await this.startNestWorker();
    await this.startNestWorker();
    // It lives: Python leaves a chord alone that a Nest worker was about to end when it died, for as long as its claim lasts.
    await this.#startNest('both');
  }

  async #openProducer(): Promise<void> {
    const app = await NestFactory.createApplicationContext(
      SqsCeleryModule.forRoot({
        queues: QUEUES.map((name) => ({ name, url: this.#sqs.queue(name).url })),
        worker: false,
        clientConfig: { endpoint: this.#sqs.endpoint, region: this.#sqs.region, credentials },
        resultBackend: this.redisUrl,
      }),
      { logger: false },
    );
    this.#closers.push(() => app.close());
    this.tasks = app.get(TaskProducer);
  }

  #pythonOptions(python: string): PythonOptions {
    const predefined = Object.fromEntries(QUEUES.map((name) => [name, { url: this.#sqs.queue(name).url }]));
    const { accessKeyId, secretAccessKey } = credentials;
    const endpoint: Pick<Endpoint, 'region' | 'brokerUrl'> = {
      region: this.#sqs.region,
      brokerUrl: `sqs://${accessKeyId}:${secretAccessKey}@127.0.0.1:${this.#sqs.port}`,
    };
    return {
      python,
      endpoint,
      recorder: '127.0.0.1:0',
      settings: {
        broker_transport_options: { predefined_queues: predefined },
        imports: ['proj.walk_tasks'],
        result_backend: this.redisUrl,
        task_acks_late: true,
        task_default_queue: 'python',
        worker_prefetch_multiplier: 20,
      },
      env: { PROJ_WALK_REDIS: this.redisUrl },
    };
  }

  #keep<Part extends Stoppable>(part: Part): Part {
    this.#closers.push(() => part.stop());
    return part;
  }
}

function connect(url: string) {
  return createClient({ url });
}
