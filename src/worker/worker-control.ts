import { Injectable } from '@nestjs/common';
import type { Consumer, ConsumerState } from '#sqs';
import { WorkerEvents, type WorkerEvent } from '#worker';
import { QueueNotConsumedError } from '../errors.js';

/**
 * The running worker's controls, by queue: what Celery does by remote control (`cancel_consumer`, `add_consumer`, `pool_grow`),
 * which SQS has no channel for. Usable from `onApplicationBootstrap()` on.
 */
@Injectable()
export class WorkerControl {
  #consumers: readonly Consumer[] = [];

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

  /** @internal The poller hands its consumers over. */
  attach(consumers: readonly Consumer[]): void {
    this.#consumers = consumers;
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
