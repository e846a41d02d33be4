import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#celery';
import { RawHandlers, TaskRegistry, WorkerEvents, type WorkerDeps, type WorkerOptions } from '#worker';
import { withoutUndefined, type ResolvedOptions } from '../options/resolve-options.js';
import { SqsConnection } from '../sqs-connection.js';
import { httpMessageOf } from '../tasks/http-message.js';
import { CLOCK } from '../tokens.js';

/** The transport's default, for queues that do not say otherwise. */
const WAIT_TIME_SECONDS = 20;

/** Puts together what a worker is made of. */
@Injectable()
export class WorkerParts {
  constructor(
    private readonly connection: SqsConnection,
    private readonly registry: TaskRegistry,
    private readonly rawHandlers: RawHandlers,
    private readonly events: WorkerEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Node name, `celery@<host>`. */
  get hostname(): string {
    return `celery@${hostname()}`;
  }

  assemble(): WorkerDeps {
    const { registry, rawHandlers, events, clock, connection } = this;
    const { options, transport, publisher, decode, stores } = connection.opened;
    return {
      registry,
      rawHandlers,
      messageOf: httpMessageOf,
      publisher,
      sender: transport.sender,
      clock,
      events,
      hostname: this.hostname,
      route: (task) => connection.optionsOf(task).queue ?? options.taskDefaultQueue,
      decode,
      counts: (queue) => transport.counts(queue),
      stores,
      options: workerOptions(options),
    };
  }
}

function workerOptions(options: ResolvedOptions): WorkerOptions {
  const { queues, maxDeliveries, unknownTask, poison, argsreprMaxsize, admission } = options;
  const { onDeadLetter, resultExtended, backoffPolicy, backoffTasks } = options;
  const given = {
    maxDeliveries,
    unknownTask,
    poison,
    argsreprMaxsize,
    admission,
    onDeadLetter,
    resultExtended,
    backoffPolicy,
    backoffTasks,
  };
  return {
    ...withoutUndefined(given),
    requeueDelay: (name) => queues.find((queue) => queue.name === name)?.receive.waitTimeSeconds ?? WAIT_TIME_SECONDS,
  };
}
