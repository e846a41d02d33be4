import { saferepr, type Log } from '#celery';
import type { WorkerEvents } from './events.js';
import type { TaskRequest } from './task-request.js';

export interface TaskLogOptions {
  /** Longest representation of a result in a log line; 0 leaves results out. Default: 1024, as Celery's `resultrepr_maxsize`. */
  readonly resultreprMaxsize?: number;
}

const DEFAULT_RESULTREPR_MAXSIZE = 1024;

/** Writes the log lines of Celery's worker for what `events` reports. Answers the function that ends it. */
export function logTaskEvents(events: WorkerEvents, log: Log, options: TaskLogOptions = {}): () => void {
  const maxLength = options.resultreprMaxsize ?? DEFAULT_RESULTREPR_MAXSIZE;
  const ends = [...logOutcomes(events, log, maxLength), ...logMessages(events, log)];
  return () => ends.forEach((end) => end());
}

function logOutcomes(events: WorkerEvents, log: Log, maxLength: number): (() => void)[] {
  return [
    events.on('received', ({ request }) => log.log(`${title(request)} received`)),
    events.on('succeeded', ({ request, result, runtimeSeconds }) => {
      const summary = maxLength > 0 ? saferepr(result, { maxLength }) : '...';
      log.log(`${title(request)} succeeded in ${runtimeSeconds}s: ${summary}`);
    }),
    events.on('retried', ({ request, error, delaySeconds }) =>
      log.log(`${title(request)} retry: Retry in ${delaySeconds}s: ${reprOfError(error)}`),
    ),
    events.on('failed', ({ request, error, expected }) => {
      if (expected) log.log(`${title(request)} raised expected: ${reprOfError(error)}`);
      else log.error(`${title(request)} raised unexpected: ${reprOfError(error)}`, stackOf(error));
    }),
    events.on('softTimeLimit', ({ request, seconds }) =>
      log.warn(`Soft time limit (${seconds}s) exceeded for ${request.task}[${request.id}]`),
    ),
    events.on('timeLimit', ({ request, seconds }) =>
      log.error(`Hard time limit (${seconds}s) exceeded for ${request.task}[${request.id}]`),
    ),
    events.on('zombie', ({ request }) =>
      log.error(
        `${title(request)} still runs long after its hard time limit; pass task.signal on to what it waits for`,
      ),
    ),
    events.on('ignored', ({ request }) => log.log(`${title(request)} ignored`)),
    events.on('rejected', ({ request, reason, requeue }) =>
      log.warn(`${title(request)} reject requeue=${requeue ? 'True' : 'False'}: ${reason}`),
    ),
    events.on('expired', ({ request }) => {
      log.log(`${title(request)} received`);
      log.log(`Discarding revoked task: ${request.task}[${request.id}]`);
    }),
    events.on('parked', ({ request, delaySeconds }) =>
      log.debug(`${title(request)} is due ${request.eta}: out of sight for ${delaySeconds}s`),
    ),
    events.on('leaseLost', ({ request }) =>
      log.warn(`${title(request)} lost its lease: another worker may run it; nothing of this run was kept`),
    ),
  ];
}

function logMessages(events: WorkerEvents, log: Log): (() => void)[] {
  const seen = new Set<string>();
  return [
    events.on('notMine', ({ delivery, detail, action }) => {
      const key = `${delivery.queue.name} ${detail} ${action}`;
      if (seen.has(key) || seen.size >= MAX_NAMES) return;
      seen.add(key);
      log.error(`Received ${detail} on queue ${delivery.queue.name}: ${WORDS[action]}. This is logged once.`);
    }),
    events.on('poison', ({ delivery, reason, detail, action }) =>
      log.error(
        `Received unknown message ${delivery.messageId} on queue ${delivery.queue.name} (${reason}: ${detail}): ${WORDS[action]}.`,
      ),
    ),
    events.on('settleFailed', ({ delivery, error }) =>
      log.error(
        `Message ${delivery.messageId} of queue ${delivery.queue.name} could not be settled and will come back: ${reprOfError(error)}`,
        stackOf(error),
      ),
    ),
  ];
}

/** Bounds what is remembered of foreign names, which anybody who can send may choose. */
const MAX_NAMES = 1000;

const WORDS = {
  handedBack: 'handed back for another worker',
  deadLettered: 'moved to the dead-letter queue',
  deleted: 'deleted',
  left: 'left on the queue, which has no dead-letter queue that takes it',
} as const;

function title({ task, id }: TaskRequest): string {
  return `Task ${task}[${id}]`;
}

/** An error as Python's `repr` shows it: `ValueError('boom')`. */
export function reprOfError(error: unknown): string {
  if (!(error instanceof Error)) return saferepr(error);
  return `${error.name}(${error.message === '' ? '' : saferepr(error.message)})`;
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
