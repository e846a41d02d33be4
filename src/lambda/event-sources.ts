import { Logger } from '@nestjs/common';
import type { Clock } from '#celery';
import { isQueueOfArn } from '#sqs';
import { Worker, logRawMessages, logTaskEvents } from '#worker';
import type { SqsConnection } from '../sqs-connection.js';
import { httpMessageOf } from '../tasks/http-message.js';
import { TaskLogger } from '../worker/task-logger.js';
import { workerParts } from '../worker/worker-parts.js';
import { EventSourceQueue } from './event-source-queue.js';
import { UnknownEventSourceError } from './unknown-event-source-error.js';

/** The queues whose messages the application runs, found by their ARNs. */
export class EventSources {
  readonly #queues: readonly EventSourceQueue[];

  constructor(
    private readonly connections: readonly SqsConnection[],
    private readonly clock: Clock,
  ) {
    this.#queues = connections.filter(isWorker).flatMap((connection) => queuesOf(connection, clock));
    const names = this.#queues.map(({ queue }) => queue.name).join(', ') || 'no queue';
    new Logger('celery.apps.worker').log(`Messages of ${names} are run for an event source; nothing is polled.`);
  }

  /** @throws UnknownEventSourceError */
  find(arn: string): EventSourceQueue {
    const found = this.#queues.find(({ queue }) => isQueueOfArn(arn, queue.url));
    if (found) return found;
    throw new UnknownEventSourceError(
      arn,
      this.#queues.map(({ queue }) => queue.name),
    );
  }

  /** Resolves when no listener of task events is at work any more. */
  async listenersSettled(): Promise<void> {
    await Promise.all(this.connections.map(({ taskEvents }) => taskEvents.settledSoon(this.clock)));
  }
}

function isWorker({ opened, registry, rawHandlers }: SqsConnection): boolean {
  const hasHandlers = registry.names().length > 0 || rawHandlers.queues().length > 0;
  return opened.options.worker !== false && hasHandlers;
}

function queuesOf(connection: SqsConnection, clock: Clock): EventSourceQueue[] {
  const { options, transport } = connection.opened;
  const log = new Logger('celery.apps.worker');
  if (options.deadLetterResults)
    log.warn('deadLetterResults has no effect in a Lambda function: dead-letter queues are not read.');
  const { handle } = new Worker(workerParts(connection, clock));
  logEvents(connection);
  const infos = new Map(transport.queues().map((queue) => [queue.name, queue]));
  return options.queues.flatMap(({ name, consume, receive }) => {
    const queue = infos.get(name);
    if (!queue || !consume) return [];
    const concurrency = Math.min(receive.concurrency, options.workerConcurrency ?? Infinity);
    const settling = transport.settling(name);
    return [new EventSourceQueue({ queue, concurrency, handle, settling, sender: transport.sender, log })];
  });
}

function logEvents({ events, opened }: SqsConnection): void {
  const { resultreprMaxsize } = opened.options;
  const log = new TaskLogger();
  logRawMessages(events, log, httpMessageOf);
  logTaskEvents(events, log, {
    messageOf: httpMessageOf,
    ...(resultreprMaxsize !== undefined && { resultreprMaxsize }),
  });
}
