import type { BenchQueue, Contender, Layout } from '../contenders/contender.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import type { RunSize } from './run-size.js';

/** Longer than anything that is measured: no message comes back by itself. */
const VISIBILITY_TIMEOUT = '1800';
const LEASE = 30;

/** Where a scenario is run. */
export class Site {
  #queues = 0;

  constructor(
    readonly endpoint: Endpoint,
    readonly size: RunSize,
    /** The URL of a Redis; undefined where there is none. */
    readonly redis: string | undefined,
  ) {}

  /** How many tasks of a contender are counted; `share` of what is usual. */
  tasksFor({ kind }: Contender, share = 1): number {
    return Math.ceil((kind === 'celery' ? this.size.celeryTasks : this.size.tasks) * share);
  }

  /** Queues that nothing else uses, one by default, and what else a contender is told: concurrency 10, no results, no-op tasks. */
  async layout(changes: Partial<Layout> = {}, { fifo = false, queues = 1 } = {}): Promise<Layout> {
    const { name: queue, url: queueUrl } = await this.#queue(fifo);
    const otherQueues: BenchQueue[] = [];
    while (otherQueues.length < queues - 1) otherQueues.push(await this.#queue(fifo));
    const defaults = { redis: undefined, concurrency: 10, prefetch: 0, taskMs: 0, lease: LEASE };
    return { endpoint: this.endpoint.url, queue, queueUrl, otherQueues, ...defaults, ...changes };
  }

  /** Resolves once all queues of a layout are empty, to which nothing is sent any more. */
  drained({ queue, otherQueues }: Layout): Promise<void> {
    return this.endpoint.drained([queue, ...otherQueues.map(({ name }) => name)]);
  }

  async #queue(fifo: boolean): Promise<BenchQueue> {
    const name = `bench-${++this.#queues}${fifo ? '.fifo' : ''}`;
    return { name, url: await this.endpoint.createQueue(name, { VisibilityTimeout: VISIBILITY_TIMEOUT }) };
  }
}
