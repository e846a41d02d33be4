import type { Consumer, ConsumerState } from '#sqs';
import { WorkerEvents, type WorkerEvent } from '#worker';
import { QueueNotConsumedError } from '../errors.js';

/**
 * The controls of a connection's running worker, by queue: what Celery does by remote control (`cancel_consumer`, `add_consumer`,
 * `pool_grow`), which SQS has no channel for. Usable once the application has bootstrapped; {@link start} before as well.
 */
export class WorkerControl {
  #consumers: readonly Consumer[] = [];
  /** What was to be started before there was anything to start; undefined stands for all queues. */
  readonly #early = new Set<string | undefined>();
  #isReady = false;

  constructor(private readonly events: WorkerEvents) {}

  /**
   * How often each thing has happened to tasks since the start of the process: `succeeded`, `failed`, `retried`, `leaseLost` (another
   * worker may have run the task), `zombie` (a handler that did not end after its hard time limit), …
   */
  counts(): Readonly<Partial<Record<WorkerEvent, number>>> {
    return this.events.counts;
  }

  /** What the consumed queues are doing; empty where nothing is consumed, and after the shutdown. */
  queues(): ConsumerState[] {
    return this.#consumers.map(({ state }) => state);
  }

  /**
   * Begins to receive from a queue whose options say `autoStart: false`. Harmless where it has begun; a paused queue goes on with
   * {@link resume}. In the hooks of the application's start it is noted, and done once that is over.
   * @param queue Celery name of a consumed queue; default: all
   * @throws QueueNotConsumedError
   */
  start(queue?: string): void {
    if (this.#isReady) for (const consumer of this.#chosen(queue)) consumer.start();
    else this.#early.add(queue);
  }

  /**
   * Receives nothing more for now: what was received and not begun is handed back, what runs runs on. Only messages that have hardly
   * any receives left before their redrive policy takes them are held until {@link resume}. Resolves when that is done.
   * @param queue Celery name of a consumed queue; default: all
   * @throws (rejects) QueueNotConsumedError
   */
  async pause(queue?: string): Promise<void> {
    await Promise.all(this.#chosen(queue).map((consumer) => consumer.pause()));
  }

  /**
   * Receives again after {@link pause}.
   * @param queue Celery name of a consumed queue; default: all
   * @throws QueueNotConsumedError
   */
  resume(queue?: string): void {
    for (const consumer of this.#chosen(queue)) consumer.resume();
  }

  /**
   * Changes how many tasks of a queue run at the same time; those that run beyond it end first.
   * @param concurrency a whole number from 1
   * @throws QueueNotConsumedError, InvalidSettingError
   */
  setConcurrency(queue: string, concurrency: number): void {
    for (const consumer of this.#chosen(queue)) consumer.setConcurrency(concurrency);
  }

  /**
   * @internal The poller hands its consumers over. Without any, nothing that was noted is done: `worker: false` makes a pure
   * producer of an application that starts its queues itself.
   * @throws QueueNotConsumedError where another queue was to be started
   */
  attach(consumers: readonly Consumer[]): void {
    this.#consumers = consumers;
    this.#isReady = true;
    if (consumers.length > 0) for (const queue of this.#early) this.start(queue);
    this.#early.clear();
  }

  #chosen(queue: string | undefined): readonly Consumer[] {
    if (queue === undefined) return this.#consumers;
    const chosen = this.#consumers.filter(({ state }) => state.queue === queue);
    if (chosen.length > 0) return chosen;
    throw new QueueNotConsumedError(
      queue,
      this.#consumers.map(({ state }) => state.queue),
    );
  }
}
