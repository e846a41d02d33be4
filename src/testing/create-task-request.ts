import {
  createTaskMessage,
  decodeMessage,
  encodeMessage,
  systemClock,
  type JsonTypes,
  type TaskDefinition,
  type TaskMessage,
} from '#celery';
import { StateUpdates, TaskRequest } from '#worker';
import { detachedDelivery } from './detached-delivery.js';

/** A run of a task as a handler sees it; everything has a default. Times are in seconds. */
export interface TaskRequestOptions<Args = readonly unknown[], Kwargs = object> {
  /** A definition, or a name. Default: `task`. */
  readonly task?: string | TaskDefinition;
  /** Task id. Default: a random UUID. */
  readonly id?: string;
  /** Positional arguments; the request has them as a worker would receive them. Default: none. */
  readonly args?: Args;
  /** Keyword arguments. Default: none. */
  readonly kwargs?: Kwargs;
  /** Retries before this run. Default: 0, the first run. */
  readonly retries?: number;
  /** Default: 3, as that of a task; for `runTask` the task's own. */
  readonly maxRetries?: number | null;
  readonly eta?: Date | string;
  /** Seconds from now, or the moment. */
  readonly expires?: number | Date | string;
  /** Custom headers. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Default: the task's own id. */
  readonly rootId?: string;
  readonly parentId?: string;
  /** Id of the group or chord it is a part of. */
  readonly group?: string;
  /** Stamps by name. */
  readonly stamps?: Readonly<Record<string, unknown>>;
  readonly priority?: number;
  readonly timeLimit?: number;
  readonly softTimeLimit?: number;
  /** Celery name of the queue it came from. Default: `celery`. */
  readonly queue?: string;
  /** How often SQS has delivered it. Default: 1. */
  readonly receiveCount?: number;
  readonly messageGroupId?: string;
  /** Aborted by the test when the run is to end. Default: never. */
  readonly signal?: AbortSignal;
  /** Told of each `updateState`. Default: nobody. */
  readonly onUpdateState?: (state: string, meta: unknown) => void;
}

const ORIGIN = 'gen1@test';
const HOSTNAME = 'celery@test';
const DEFAULT_MAX_RETRIES = 3;

/**
 * A {@link TaskRequest} for plain unit tests of a handler that takes one, without Nest and without SQS.
 *
 * @throws InvalidTaskError, EncodeError for what could not be sent either
 */
export function createTaskRequest(options: TaskRequestOptions = {}): TaskRequest {
  return requestOf(options);
}

/** @param jsonTypes those of the connection */
export function requestOf(options: TaskRequestOptions, jsonTypes?: JsonTypes): TaskRequest {
  const { queue = 'celery', maxRetries = DEFAULT_MAX_RETRIES, receiveCount, messageGroupId, signal } = options;
  const now = systemClock.now();
  const sent = messageOf(options, queue, now);
  const body = encodeMessage(sent, { jsonTypes });
  const decoded = decodeMessage(body, { jsonTypes });
  const message = decoded.kind === 'task' ? decoded.message : sent;
  const delivery = detachedDelivery({
    queue: { name: queue, url: '', fifo: queue.endsWith('.fifo') },
    body,
    messageId: sent.headers.id,
    now,
    receiveCount,
    messageGroupId,
  });
  return new TaskRequest({
    message,
    delivery,
    retries: message.headers.retries,
    maxRetries,
    hostname: HOSTNAME,
    signal: () => signal ?? delivery.lease.signal,
    states: new StateUpdates(async (state, meta) => options.onUpdateState?.(state, meta)),
  });
}

function messageOf(options: TaskRequestOptions, queue: string, now: number): TaskMessage {
  const { task = 'task', stamps, timeLimit = null, softTimeLimit = null } = options;
  return createTaskMessage({
    task: typeof task === 'string' ? task : task.name,
    id: options.id,
    args: options.args,
    kwargs: { ...options.kwargs },
    queue,
    origin: ORIGIN,
    now,
    retries: options.retries,
    eta: options.eta,
    expires: options.expires,
    headers: options.headers,
    rootId: options.rootId,
    parentId: options.parentId,
    group: options.group,
    ...(stamps && { stamps, stampedHeaders: Object.keys(stamps) }),
    priority: options.priority,
    timelimit: [timeLimit, softTimeLimit],
  });
}
