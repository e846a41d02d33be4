import { Logger } from '@nestjs/common';
import { sleep, type Clock, type QueueInfo } from '#celery';
import { QueueAccessDeniedError, QueueNotFoundError, type ConsumeOptions } from '#sqs';
import { DeadLetterRounds, deadLetterResults, type DeadLetterResults, type WorkerDeps } from '#worker';
import type { SqsConnection } from '../sqs-connection.js';

/** A short wait, as a round ends when nothing comes any more; the lease is what a letter is held for while results are stored. */
const CONSUME: ConsumeOptions = { concurrency: 10, waitTimeSeconds: 2, lease: 30 };

/** Milliseconds after which a dead-letter queue that could not be found is looked for again. */
const LOOK_AGAIN_MS = 60_000;

/** Reads the dead-letter queues of the consumed queues, for `deadLetterResults`. The {@link ConnectionWorker} starts and stops it. */
export class DeadLetterPoller {
  readonly #log = new Logger('celery.worker.dead_letters');
  readonly #stopped = new AbortController();
  #running: readonly Promise<void>[] = [];

  constructor(
    private readonly connection: SqsConnection,
    private readonly clock: Clock,
  ) {}

  /**
   * Begins to read; several queues may share a dead-letter queue, which is read once.
   * @param worker what the results are stored and the errbacks are sent with
   */
  start(worker: WorkerDeps): void {
    const byArn = byDeadLetterQueue(this.#consumed());
    if (byArn.size === 0) this.#log.warn('deadLetterResults: no consumed queue has a dead-letter queue that is known');
    this.#running = [...byArn].map(([arn, sources]) => this.#read(arn, sources, worker));
  }

  /** Resolves when nothing is read or stored any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#running);
  }

  #consumed(): QueueInfo[] {
    const { transport, options } = this.connection.opened;
    const names = new Set(options.queues.filter(({ consume }) => consume).map(({ name }) => name));
    return transport.queues().filter(({ name }) => names.has(name));
  }

  /** Never rejects: without the results of dead letters everything else goes on. */
  async #read(arn: string, sources: readonly QueueInfo[], worker: WorkerDeps): Promise<void> {
    try {
      const queue = await this.#find(arn, sources);
      const results = queue && deadLetterResults(worker, { sources, log: this.#log });
      if (queue && results) await this.#goRounds(queue, results);
    } catch (error) {
      this.#unread(arn, sources, String(error));
    }
  }

  async #goRounds({ name }: QueueInfo, results: DeadLetterResults): Promise<void> {
    const { transport, options } = this.connection.opened;
    const consumer = transport.consume(name, CONSUME, (delivery) => rounds.letter(() => results.look(delivery)));
    const rounds = new DeadLetterRounds({
      consumer,
      count: async () => {
        const { visible, inFlight, delayed } = await transport.counts(name);
        return visible + inFlight + delayed;
      },
      clock: this.clock,
      onCountFailed: (error) => this.#log.warn(`Dead-letter queue ${name} could not be counted: ${String(error)}`),
    });
    await rounds.run(this.#stopped.signal);
    await consumer.stop({ shutdownTimeoutMs: options.shutdownTimeoutMs });
  }

  /** Undefined: it must not, or cannot be read. */
  async #find(arn: string, sources: readonly QueueInfo[]): Promise<QueueInfo | undefined> {
    const { transport } = this.connection.opened;
    while (!this.#stopped.signal.aborted) {
      try {
        const queue = await transport.deadLetterQueue(arn);
        const why = this.#whyNot(queue);
        if (why === undefined) return queue;
        return this.#unread(arn, sources, why);
      } catch (error) {
        this.#unread(arn, sources, error instanceof Error ? error.message : String(error));
        if (error instanceof QueueAccessDeniedError || error instanceof QueueNotFoundError) return undefined;
        await sleep(this.clock, LOOK_AGAIN_MS, this.#stopped.signal);
      }
    }
    return undefined;
  }

  #whyNot({ url, redrivePolicy }: QueueInfo): string | undefined {
    if (redrivePolicy)
      return 'it has a redrive policy itself, so that each look would bring its messages nearer to being moved on';
    const isRun = this.#consumed().some((queue) => queue.url === url);
    return isRun ? 'its messages are run here, as it is one of `queues`' : undefined;
  }

  #unread(arn: string, sources: readonly QueueInfo[], why: string): undefined {
    const queues = sources.map(({ name }) => name).join(', ');
    this.#log.warn(
      `Dead-letter queue ${arn} of ${queues} is not read: ${why}. Tasks whose messages end there get no result, ` +
        'their errbacks are not called, and whoever waits for their chains waits for ever.',
    );
  }
}

function byDeadLetterQueue(queues: readonly QueueInfo[]): ReadonlyMap<string, readonly QueueInfo[]> {
  const byArn = new Map<string, QueueInfo[]>();
  for (const queue of queues) {
    const arn = queue.redrivePolicy?.deadLetterTargetArn;
    if (arn !== undefined) byArn.set(arn, [...(byArn.get(arn) ?? []), queue]);
  }
  return byArn;
}
