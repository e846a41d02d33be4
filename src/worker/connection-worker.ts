import { Logger } from '@nestjs/common';
import type { Clock } from '#celery';
import { SlotPool, type Consumer, type StopReport } from '#sqs';
import { Worker, logRawMessages, logTaskEvents, type WorkerDeps } from '#worker';
import type { ResolvedOptions, ResolvedQueue } from '../options/resolve-options.js';
import type { SqsConnection } from '../sqs-connection.js';
import { httpMessageOf } from '../tasks/http-message.js';
import { DeadLetterPoller } from './dead-letter-poller.js';
import { TaskLogger } from './task-logger.js';
import { workerParts } from './worker-parts.js';

/** The consumers of one open connection. */
export class ConnectionWorker {
  readonly #log = new Logger('celery.apps.worker');
  readonly #deadLetters: DeadLetterPoller;
  #consumers: readonly Consumer[] = [];

  /** @param queues those that are consumed */
  constructor(
    readonly connection: SqsConnection,
    readonly queues: readonly ResolvedQueue[],
    private readonly clock: Clock,
  ) {
    this.#deadLetters = new DeadLetterPoller(connection, clock);
  }

  start(): void {
    const { events, control, opened } = this.connection;
    const { options } = opened;
    const deps = workerParts(this.connection, this.clock);
    const log = new TaskLogger();
    logRawMessages(events, log, httpMessageOf);
    logTaskEvents(events, log, logOptions(options));
    this.#consumers = this.#consume(deps);
    control.attach(this.#consumers);
    this.#startQueues();
    if (options.deadLetterResults) this.#deadLetters.start(deps);
  }

  /** Resolves when no handler runs any more, or those that do were told that their time is over. */
  async stop(): Promise<void> {
    const { control, events, opened } = this.connection;
    const { shutdownTimeoutMs } = opened.options;
    const deadline = this.clock.monotonic() + shutdownTimeoutMs;
    const stopped = this.#consumers.map((consumer) => consumer.stop({ shutdownTimeoutMs }));
    const [reports] = await Promise.all([Promise.all(stopped), this.#deadLetters.stop()]);
    control.attach([]);
    events.emit('drained', { ...sumOf(reports), counts: events.counts });
    await this.connection.threads?.close(deadline - this.clock.monotonic());
  }

  #consume(deps: WorkerDeps): readonly Consumer[] {
    const { transport, options } = this.connection.opened;
    const { handle } = new Worker(deps);
    const pool = poolOf(options);
    return this.queues.map(({ name, receive, weight }) =>
      transport.consume(name, { ...receive, weight, ...(pool && { pool }) }, handle),
    );
  }

  #startQueues(): void {
    for (const [index, { name, autoStart }] of this.queues.entries()) {
      const consumer = this.#consumers[index];
      if (autoStart) consumer?.start();
      else if (consumer?.state.mode === 'new')
        this.#log.log(`Queue ${name} is not started (autoStart: false): WorkerControl.start('${name}') starts it.`);
    }
  }
}

function sumOf(reports: readonly StopReport[]): StopReport {
  const sum = (key: keyof StopReport): number => reports.reduce((total, report) => total + report[key], 0);
  return { released: sum('released'), aborted: sum('aborted'), unconfirmed: sum('unconfirmed') };
}

function logOptions({ resultreprMaxsize }: ResolvedOptions) {
  return { messageOf: httpMessageOf, ...(resultreprMaxsize !== undefined && { resultreprMaxsize }) };
}

function poolOf({ workerConcurrency: limit, queuePriority: order }: ResolvedOptions): SlotPool | undefined {
  return limit === undefined ? undefined : new SlotPool({ limit, ...(order && { order }) });
}
