import { invalidParameter, queueDoesNotExist } from '../errors.js';
import type { Queue } from '../queue/queue.js';

const NAME = /^[A-Za-z0-9_-]{1,80}$/;
const MAX_NAME = 80;

/** The queues of the endpoint's one account and region, by name. */
export class QueueDirectory {
  private readonly queues = new Map<string, Queue>();
  /** When queues were deleted, in monotonic milliseconds. */
  private readonly deletions = new Map<string, number>();

  constructor(
    readonly region: string,
    readonly accountId: string,
  ) {}

  /** Refuses a name that no queue can have. */
  checkName(name: string): void {
    if (name.length <= MAX_NAME && NAME.test(name.replace(/\.fifo$/, ''))) return;
    throw invalidParameter(
      'QueueName',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
    );
  }

  find(name: string): Queue | undefined {
    return this.queues.get(name);
  }

  findByArn(arn: string): Queue | undefined {
    const prefix = this.arn('');
    return arn.startsWith(prefix) ? this.queues.get(arn.slice(prefix.length)) : undefined;
  }

  /** The queue called `name`, or the error for it. */
  get(name: string): Queue {
    const queue = this.queues.get(name);
    if (queue === undefined) throw queueDoesNotExist();
    return queue;
  }

  add(queue: Queue): void {
    this.queues.set(queue.name, queue);
  }

  remove(queue: Queue, now: number): void {
    this.queues.delete(queue.name);
    this.deletions.set(queue.name, now);
  }

  /** When the last queue of this name was deleted, in monotonic milliseconds. */
  deletedAt(name: string): number | undefined {
    return this.deletions.get(name);
  }

  /** All queues, by name. */
  all(): Queue[] {
    return [...this.queues.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  arn(name: string): string {
    return `arn:aws:sqs:${this.region}:${this.accountId}:${name}`;
  }

  /** The path of a queue's URL. */
  path(name: string): string {
    return `/${this.accountId}/${name}`;
  }
}
