import { NotRegistered, type TaskDefinition } from '#celery';
import { failureOf, type RegisteredTask } from '#worker';
import type { SqsConnection } from '../sqs-connection.js';
import { requestOf, type TaskRequestOptions } from './create-task-request.js';

/** Options of {@link SqsCeleryTesting.runTask}: the run, as a handler sees it. */
export interface RunTaskOptions<Args = readonly unknown[], Kwargs = object> extends Omit<
  TaskRequestOptions<Args, Kwargs>,
  'task'
> {
  /** The connection whose handler is run. Default: the first that has one. */
  readonly connection?: string;
}

/**
 * Runs the handler of a task in Nest's pipeline, once.
 * @throws (rejects) NotRegistered; what the task threw
 */
export async function runTask(
  task: string | TaskDefinition,
  { connection, ...options }: RunTaskOptions,
  connections: readonly SqsConnection[],
): Promise<unknown> {
  const name = typeof task === 'string' ? task : task.name;
  const candidates = connections.filter((one) => connection === undefined || one.name === connection);
  const owner = candidates.find(({ registry }) => registry.get(name));
  const registered = owner?.registry.get(name);
  if (!owner || !registered) throw new NotRegistered(name);
  return runOnce(registered, options, owner);
}

async function runOnce(
  registered: RegisteredTask,
  options: TaskRequestOptions,
  { opened }: SqsConnection,
): Promise<unknown> {
  const { maxRetries } = registered.options;
  const request = requestOf({ maxRetries, ...options, task: registered.name }, opened.options.jsonTypes);
  try {
    return await request.run(() => registered.run(request));
  } catch (error) {
    // A failure comes as the handler threw it; what asks for a retry, or for no outcome, is what it is.
    const failure = failureOf(error, request, registered.options);
    throw failure ? failure.error : error;
  }
}
