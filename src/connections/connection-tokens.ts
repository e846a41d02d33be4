import type { InjectionToken } from '@nestjs/common';
import { TaskEvents } from '../events/task-events.js';
import { TaskProducer } from '../producer/task-producer.js';
import { SqsConnection } from '../sqs-connection.js';
import { DEFAULT_CONNECTION } from '../tokens.js';
import { WorkerControl } from '../worker/worker-control.js';

/**
 * The token under which the {@link TaskProducer} of a connection is provided, for `overrideProvider` and `app.get`.
 *
 * @param connection its `name`. Default: the default connection, whose token is the class itself
 */
export function getTaskProducerToken(connection?: string): InjectionToken<TaskProducer> {
  return tokenOf(TaskProducer, connection);
}

/**
 * The token under which the {@link WorkerControl} of a connection is provided, for `overrideProvider` and `app.get`.
 *
 * @param connection its `name`. Default: the default connection, whose token is the class itself
 */
export function getWorkerControlToken(connection?: string): InjectionToken<WorkerControl> {
  return tokenOf(WorkerControl, connection);
}

/**
 * The token under which the {@link TaskEvents} of a connection are provided, for `overrideProvider` and `app.get`.
 *
 * @param connection its `name`. Default: the default connection, whose token is the class itself
 */
export function getTaskEventsToken(connection?: string): InjectionToken<TaskEvents> {
  return tokenOf(TaskEvents, connection);
}

/** The token of a connection. */
export function getSqsConnectionToken(connection?: string): InjectionToken<SqsConnection> {
  return tokenOf(SqsConnection, connection);
}

/** Only the default connection has its classes for tokens, so that these mean one thing everywhere, `app.get()` included. */
function tokenOf<Provided>(
  provided: abstract new (...args: never[]) => Provided,
  connection: string = DEFAULT_CONNECTION,
): InjectionToken<Provided> {
  return connection === DEFAULT_CONNECTION ? (provided as InjectionToken<Provided>) : `${provided.name}:${connection}`;
}
