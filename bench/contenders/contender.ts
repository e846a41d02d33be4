import type { Producer } from '../processes/producer.js';

/** A queue of the endpoint. */
export interface BenchQueue {
  readonly name: string;
  readonly url: string;
}

/** What a contender's processes are told. */
export interface Layout {
  readonly endpoint: string;
  readonly queue: string;
  readonly queueUrl: string;
  /** Further queues, to which tasks are dealt in turn; only ours has any. */
  readonly otherQueues: readonly BenchQueue[];
  /** Where results go; undefined: nowhere. */
  readonly redis: string | undefined;
  /** Messages that are handled at once in each process. */
  readonly concurrency: number;
  /** Messages that may wait beside those that run. Only ours has it. */
  readonly prefetch: number;
  /** Mean time that a task takes, in milliseconds, ± 50 %; 0: none. */
  readonly taskMs: number;
  /** Seconds of our lease. */
  readonly lease: number;
}

/** A program that runs the tasks of a queue. */
export interface WorkerProgram {
  readonly name: string;
  /** Command and arguments of each of its processes. */
  readonly commands: readonly (readonly [command: string, ...args: string[]])[];
  readonly env: Readonly<Record<string, string>>;
}

/** Something that is measured beside others. */
export interface Contender {
  /** As it stands in the tables. */
  readonly name: string;
  readonly kind: 'ours' | 'previous' | 'celery' | 'peer';
  /** Whether it can store results. */
  readonly results: boolean;
  /** Queues that each of its processes polls; one where nothing is said. */
  readonly queues?: number;
  worker(layout: Layout): WorkerProgram;
  /** Its own producer; ours for those that have none. */
  producer(layout: Layout): Promise<Producer>;
}
