import { exceptionInfoOf, saferepr, type Log } from '#celery';
import { reprOfException } from './chords/chord-error.js';
import type { WorkerEvents } from './events.js';
import { logLine } from './log-line.js';
import { reprOfError, shown, stackOf } from './shown.js';
import type { TaskRequest } from './task-request.js';

export interface TaskLogOptions {
  /** Longest representation of a result in a log line; 0 leaves results out. Default: 1024, as Celery's `resultrepr_maxsize`. */
  readonly resultreprMaxsize?: number;
  /** The text of an error that says more than its `message`. Default: the message. */
  readonly messageOf?: (error: Error) => string | undefined;
}

const DEFAULT_RESULTREPR_MAXSIZE = 1024;

/** Writes the log lines of Celery's worker for what `events` reports. Answers the function that ends it. */
export function logTaskEvents(events: WorkerEvents, log: Log, options: TaskLogOptions = {}): () => void {
  const maxLength = options.resultreprMaxsize ?? DEFAULT_RESULTREPR_MAXSIZE;
  const repr = (error: unknown): string => reprOfError(error, options.messageOf);
  const ends = [...logOutcomes(events, log, maxLength, repr), ...logMessages(events, log, repr)];
  return () => ends.forEach((end) => end());
}

type Repr = (error: unknown) => string;

function logOutcomes(events: WorkerEvents, log: Log, maxLength: number, repr: Repr): (() => void)[] {
  return [
    events.on('received', ({ request }) => logLine(log, () => `${title(request)} received`)),
    events.on('succeeded', ({ request, result, runtimeSeconds }) =>
      logLine(log, () => {
        const summary = maxLength > 0 ? saferepr(result, { maxLength }) : '...';
        return `${title(request)} succeeded in ${runtimeSeconds}s: ${summary}`;
      }),
    ),
    events.on('retried', ({ request, error, delaySeconds }) =>
      log.log(`${title(request)} retry: Retry in ${delaySeconds}s: ${repr(error)}`),
    ),
    events.on('failed', ({ request, error, expected }) => {
      if (expected) log.log(`${title(request)} raised expected: ${repr(error)}`);
      else log.error(`${title(request)} raised unexpected: ${repr(error)}`, stackOf(error));
    }),
    events.on('softTimeLimit', ({ request, seconds }) =>
      log.warn(`Soft time limit (${seconds}s) exceeded for ${nameOf(request.task, request.id)}`),
    ),
    events.on('timeLimit', ({ request, seconds }) =>
      log.error(`Hard time limit (${seconds}s) exceeded for ${nameOf(request.task, request.id)}`),
    ),
    events.on('zombie', ({ request }) =>
      log.error(
        `${title(request)} still runs long after its hard time limit; pass task.signal on to what it waits for`,
      ),
    ),
    // Celery's word for it too.
    events.on('replaced', ({ request }) => log.log(`${title(request)} ignored`)),
    events.on('ignored', ({ request }) => log.log(`${title(request)} ignored`)),
    events.on('rejected', ({ request, reason, requeue }) =>
      log.warn(`${title(request)} reject requeue=${requeue ? 'True' : 'False'}: ${shown(reason)}`),
    ),
    events.on('expired', ({ request }) => {
      log.log(`${title(request)} received`);
      log.log(`Discarding revoked task: ${nameOf(request.task, request.id)}`);
    }),
    events.on('revoked', ({ request, terminated }) => {
      if (!terminated) log.log(`${title(request)} received`);
      log.log(`Discarding revoked task: ${nameOf(request.task, request.id)}`);
    }),
    events.on('postponed', ({ request, reason, delaySeconds }) =>
      log.debug(`${title(request)} cannot run yet (${reason}): out of sight for ${delaySeconds}s`),
    ),
    events.on('chordFailed', ({ groupId, error }) =>
      log.error(`Chord ${saferepr(groupId)} raised: ${reprOfException(exceptionInfoOf(error))}`, stackOf(error)),
    ),
    events.on('duplicate', ({ request }) =>
      log.log(`${title(request)} ran before: this copy of its message is dropped`),
    ),
    events.on('parked', ({ request, delaySeconds }) =>
      log.debug(`${title(request)} is due ${request.eta}: out of sight for ${delaySeconds}s`),
    ),
    events.on('leaseLost', ({ request }) =>
      log.warn(`${title(request)} lost its lease: another worker may run it; nothing of this run was kept`),
    ),
  ];
}

function logMessages(events: WorkerEvents, log: Log, repr: Repr): (() => void)[] {
  const seen = new Set<string>();
  return [
    events.on('notMine', ({ delivery, detail, action }) => {
      const what = shown(detail);
      const key = `${delivery.queue.name} ${what} ${action}`;
      if (seen.has(key) || seen.size >= MAX_NAMES) return;
      seen.add(key);
      log.error(`Received ${what} on queue ${delivery.queue.name}: ${WORDS[action]}. This is logged once.`);
    }),
    events.on('poison', ({ delivery, reason, detail, action }) =>
      log.error(
        `Received unknown message ${delivery.messageId} on queue ${delivery.queue.name} (${reason}: ${shown(detail)}): ${WORDS[action]}.`,
      ),
    ),
    events.on('storeFailed', ({ store, error }) =>
      log.warn(`The ${store} could not be asked and is asked again: ${repr(error)}`),
    ),
    events.on('hookFailed', ({ hook, error }) => log.error(`The ${hook} threw ${repr(error)}`, stackOf(error))),
    events.on('settleFailed', ({ delivery, error }) =>
      log.error(
        `Message ${delivery.messageId} of queue ${delivery.queue.name} could not be settled; unless it was acknowledged early, it comes back: ${repr(error)}`,
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
  return `Task ${nameOf(task, id)}`;
}

function nameOf(task: string, id: string): string {
  return `${shown(task)}[${shown(id)}]`;
}
