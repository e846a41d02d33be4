import type { Contender, Layout } from '../contenders/contender.js';
import type { BenchEndpoint } from '../endpoint/endpoint.js';
import type { Scale } from './scale.js';

/** Longer than anything that is measured: no message comes back by itself. */
const VISIBILITY_TIMEOUT = '1800';
const LEASE = 30;

/** Where a scenario is run. */
export class Site {
  #queues = 0;

  constructor(
    readonly endpoint: BenchEndpoint,
    readonly scale: Scale,
    /** The URL of a Redis; undefined where there is none. */
    readonly redis: string | undefined,
  ) {}

  /** How many tasks of a contender are counted; `share` of what is usual. */
  tasksFor({ kind }: Contender, share = 1): number {
    return Math.ceil((kind === 'celery' ? this.scale.celeryTasks : this.scale.tasks) * share);
  }

  /** A queue that nothing else uses, and what else a contender is told: concurrency 10, no results, no-op tasks. */
  async layout(changes: Partial<Layout> = {}, { fifo = false } = {}): Promise<Layout> {
    const queue = `bench-${++this.#queues}${fifo ? '.fifo' : ''}`;
    const queueUrl = await this.endpoint.createQueue(queue, { VisibilityTimeout: VISIBILITY_TIMEOUT });
    const defaults = { redis: undefined, concurrency: 10, prefetch: 0, taskMs: 0, lease: LEASE };
    return { endpoint: this.endpoint.url, queue, queueUrl, ...defaults, ...changes };
  }
}
