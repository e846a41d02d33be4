import type { Clock } from '#celery';
import { TaskRegistry, Worker, type RegisteredTask } from '#worker';
import type { SqsConnection } from '../../sqs-connection.js';
import { workerParts } from '../../worker/worker-parts.js';

/** A worker like that of the open connection, in which no task waits for others: there are no limits, and retries are sent. */
export function eagerWorker(connection: SqsConnection, clock: Clock): Worker {
  const parts = workerParts(connection, clock);
  const registry = new TaskRegistry();
  for (const name of connection.registry.names()) {
    const task = connection.registry.get(name);
    if (task) registry.add(unlimited(task));
  }
  return new Worker({ ...parts, registry, options: { ...parts.options, admission: undefined } });
}

function unlimited(task: RegisteredTask): RegisteredTask {
  return {
    name: task.name,
    options: { ...task.options, rateLimit: null, concurrency: undefined, retryVia: 'republish' },
    run: (request) => task.run(request),
  };
}
