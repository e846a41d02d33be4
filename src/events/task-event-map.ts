import type { PublishEventMap } from '#producer';
import type { BilledRequest } from '#sqs';
import type { TaskSignalMap, WorkerEventMap } from '#worker';

/** Events of a worker that are about tasks, and its end. */
type WorkerTaskEvent =
  | 'received'
  | 'started'
  | 'succeeded'
  | 'retried'
  | 'failed'
  | 'ignored'
  | 'replaced'
  | 'rejected'
  | 'expired'
  | 'revoked'
  | 'parked'
  | 'postponed'
  | 'duplicate'
  | 'leaseLost'
  | 'softTimeLimit'
  | 'timeLimit'
  | 'zombie'
  | 'drained';

/** What is told of the connection itself. */
export interface TransportEventMap {
  /** A request to SQS and what it costs: told when it is sent, a `ReceiveMessage` when it has ended. */
  sqsRequest: BilledRequest;
}

/** What `@OnTaskEvent` and `TaskEvents` tell of, by event: Celery's events and signals, camelCased. */
export interface TaskEventMap
  extends Pick<WorkerEventMap, WorkerTaskEvent>, TaskSignalMap, PublishEventMap, TransportEventMap {}

/** Name of an event. */
export type TaskEvent = keyof TaskEventMap;

/** Who tells of each event. */
const SOURCES: { readonly [Event in TaskEvent]: TaskEventSource } = {
  received: 'worker',
  started: 'worker',
  succeeded: 'worker',
  retried: 'worker',
  failed: 'worker',
  ignored: 'worker',
  replaced: 'worker',
  rejected: 'worker',
  expired: 'worker',
  revoked: 'worker',
  parked: 'worker',
  postponed: 'worker',
  duplicate: 'worker',
  leaseLost: 'worker',
  softTimeLimit: 'worker',
  timeLimit: 'worker',
  zombie: 'worker',
  drained: 'worker',
  taskPrerun: 'signal',
  taskPostrun: 'signal',
  beforeTaskPublish: 'publish',
  afterTaskPublish: 'publish',
  sqsRequest: 'transport',
};

/** `signal`: a running task waits for its listeners. */
export type TaskEventSource = 'worker' | 'signal' | 'publish' | 'transport';

/** Undefined for what is no event: JavaScript can pass anything. */
export function sourceOf(event: unknown): TaskEventSource | undefined {
  return typeof event === 'string' && Object.hasOwn(SOURCES, event) ? SOURCES[event as TaskEvent] : undefined;
}

/** What there is to listen for, for messages. */
export function taskEventNames(): string {
  return Object.keys(SOURCES).join(', ');
}
