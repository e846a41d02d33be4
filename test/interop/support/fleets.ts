import type { SqsCeleryOptions, TaskProducer } from 'nestjs-sqs-celery';
import { createQueue, type Endpoint, startEndpoint } from './endpoint.js';
import { NestFleet } from './nest-fleet.js';
import { PythonProducer, PythonWorker, type PythonWorkerOptions } from './python-celery.js';
import { Recorder } from './recorder.js';
import { RedisServer } from './redis.js';
import type { Target } from './targets.js';

/** What a spec changes of the ordinary layout: a queue for each fleet, both predefined. */
export interface Layout {
  /** SQS attributes by SQS name of the queues that exist beforehand. */
  readonly queues?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Options of the Nest module, given the URLs of the queues by SQS name, and that of Redis where there are results. */
  readonly nest?: (urls: Urls, redis: string | undefined) => SqsCeleryOptions;
  /** Celery's settings. */
  readonly python?: (urls: Urls) => Record<string, unknown>;
  /** Celery's names of the queues that Python consumes. */
  readonly pythonQueues?: readonly string[];
  /** Whether results go to a Redis that both fleets share. */
  readonly results?: boolean;
  readonly pool?: PythonWorkerOptions['pool'];
  readonly concurrency?: number;
}

export type Urls = Readonly<Record<string, string>>;

/** An endpoint, a Python worker, a Python producer and a Nest application that runs and sends tasks. */
export class Fleets {
  private readonly closers: (() => Promise<unknown>)[] = [];
  endpoint!: Endpoint;
  recorder!: Recorder;
  urls!: Urls;
  /** Only where the layout has results. */
  redis!: RedisServer;
  worker!: PythonWorker;
  python!: PythonProducer;
  nest!: NestFleet;

  private constructor() {}

  static async start(target: Target, layout: Layout = {}): Promise<Fleets> {
    const fleets = new Fleets();
    try {
      await fleets.open(target, layout);
    } catch (error) {
      await fleets.stop();
      throw error;
    }
    return fleets;
  }

  /** Nest's producer. */
  get tasks(): TaskProducer {
    return this.nest.tasks;
  }

  async stop(): Promise<void> {
    for (const close of this.closers.splice(0).toReversed()) await close();
  }

  private async open(target: Target, layout: Layout): Promise<void> {
    this.endpoint = this.keep(await startEndpoint(target.endpoint, target.motoPython));
    this.recorder = this.keep(await Recorder.start());
    this.urls = await createQueues(this.endpoint, layout.queues ?? { nest: {}, python: {} });
    const results = layout.results ? await this.openResults() : undefined;
    const options = {
      python: target.python,
      endpoint: this.endpoint,
      recorder: this.recorder.address,
      settings: { ...(layout.python ?? predefined)(this.urls), ...(results && { result_backend: results }) },
    };
    this.python = this.keep(PythonProducer.start(options));
    const queues = layout.pythonQueues ?? ['python'];
    this.worker = this.keep(await PythonWorker.start({ ...options, ...poolOf(layout), queues }));
    const nest = { ...(layout.nest ?? nestQueues)(this.urls, results), ...(results && { resultBackend: results }) };
    this.nest = this.keep(await NestFleet.start(this.endpoint, this.recorder, nest));
  }

  private async openResults(): Promise<string> {
    this.redis = this.keep(await RedisServer.start());
    return this.redis.url;
  }

  private keep<Part extends { stop(): Promise<unknown> }>(part: Part): Part {
    this.closers.push(() => part.stop());
    return part;
  }
}

/** Celery's settings for queues that all exist. */
export function predefined(urls: Urls): Record<string, unknown> {
  const queues = Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }]));
  return { broker_transport_options: { predefined_queues: queues } };
}

/** Nest's queue is consumed here, Python's is only sent to. */
export function nestQueues(urls: Urls): SqsCeleryOptions {
  return {
    queues: [
      { name: 'nest', ...(urls['nest'] !== undefined && { url: urls['nest'] }) },
      { name: 'python', consume: false, ...(urls['python'] !== undefined && { url: urls['python'] }) },
    ],
  };
}

function poolOf({ pool, concurrency }: Layout): Pick<PythonWorkerOptions, 'pool' | 'concurrency'> {
  return { ...(pool && { pool }), ...(concurrency !== undefined && { concurrency }) };
}

async function createQueues(endpoint: Endpoint, queues: NonNullable<Layout['queues']>): Promise<Urls> {
  const urls: Record<string, string> = {};
  for (const [name, attributes] of Object.entries(queues)) urls[name] = await createQueue(endpoint, name, attributes);
  return urls;
}
