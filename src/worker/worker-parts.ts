import { hostname } from 'node:os';
import type { Clock } from '#celery';
import type { WorkerDeps, WorkerOptions } from '#worker';
import { WAIT_TIME_SECONDS, withoutUndefined, type ResolvedOptions } from '../options/resolve-options.js';
import type { SqsConnection } from '../sqs-connection.js';
import { httpMessageOf } from '../tasks/http-message.js';
import { resolveThreads } from '../threads/threads-options.js';

/** Node name, `celery@<host>`. */
export function nodeName(): string {
  return `celery@${hostname()}`;
}

/** Puts together what the worker of an open connection is made of. */
export function workerParts(connection: SqsConnection, clock: Clock): WorkerDeps {
  const { registry, rawHandlers, events } = connection;
  const { options, transport, router, publisher, decode, stores } = connection.opened;
  return {
    registry,
    rawHandlers,
    messageOf: httpMessageOf,
    publisher,
    sender: transport.sender,
    clock,
    events,
    hostname: nodeName(),
    route: (call) => router.route(call),
    decode,
    counts: (queue) => transport.counts(queue),
    stores,
    options: workerOptions(options),
  };
}

function workerOptions(options: ResolvedOptions): WorkerOptions {
  const { queues, maxDeliveries, unknownTask, poison, argsreprMaxsize, admission } = options;
  const { onDeadLetter, resultExtended, backoffPolicy, backoffTasks, taskDefaults } = options;
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
    taskDefaults,
  };
  return {
    ...withoutUndefined(given),
    ...(options.threads && { threads: resolveThreads(options.threads).maxThreads }),
    requeueDelay: (name) => queues.find((queue) => queue.name === name)?.receive.waitTimeSeconds ?? WAIT_TIME_SECONDS,
  };
}
