import type { Clock } from '../clock/clock.js';
import { Deadlines } from '../clock/deadlines.js';
import { Queue, type QueueHost } from '../queue/queue.js';
import type { QueueSettings } from '../queue/settings.js';
import { QueueDirectory } from './directory.js';
import { MoveTasks } from './move-tasks.js';
import { Wakeups } from './wakeups.js';

/** What differs between endpoints; see `LocalSqsOptions`. */
export interface ServiceOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly inFlightQuota: number;
  readonly enforceWaits: boolean;
}

/** SQS without a wire: the state that the operations work on. */
export class Service implements QueueHost {
  readonly deadlines: Deadlines;
  readonly directory: QueueDirectory;
  readonly moveTasks: MoveTasks;
  private readonly wakeups: Wakeups;

  constructor(readonly options: ServiceOptions) {
    this.deadlines = new Deadlines(options.clock);
    this.directory = new QueueDirectory(options.region, options.accountId);
    this.wakeups = new Wakeups(options.clock);
    this.moveTasks = new MoveTasks(this);
  }

  now(): number {
    return Math.floor(this.options.clock.now());
  }

  wake(queue: Queue): void {
    this.wakeups.wake(queue);
  }

  addQueue(name: string, settings: QueueSettings): Queue {
    const queue = new Queue(name, this.directory.arn(name), settings, this);
    this.directory.add(queue);
    return queue;
  }

  /** Answers all long polls with nothing. */
  endPolls(): void {
    for (const queue of this.directory.all()) queue.waiters.endAll();
  }

  /** Leaves neither timer nor callback. */
  close(): void {
    this.endPolls();
    this.wakeups.close();
    this.deadlines.close();
  }
}
