import type { Log } from '#celery';
import type { RawMessageEventMap, RawOutcome } from './raw-events.js';
import type { RawMessageRequest } from './raw-message-request.js';
import { reprOfError, shown, stackOf } from '../shown.js';

/** Where the lines come from; a `WorkerEvents` is one. */
export interface RawMessageListeners {
  on<Event extends keyof RawMessageEventMap>(
    event: Event,
    listener: (payload: RawMessageEventMap[Event]) => void,
  ): () => void;
}

type Repr = (error: unknown) => string;
type Writers = {
  [Kind in RawOutcome['kind']]: (
    title: string,
    outcome: Extract<RawOutcome, { kind: Kind }>,
    repr: Repr,
    log: Log,
  ) => void;
};

/** The line of each outcome, in the words of Celery's worker. */
const WRITERS: Writers = {
  succeeded: (title, { runtimeSeconds }, _repr, log) => log.log(`${title} handled in ${runtimeSeconds}s`),
  ignored: (title, _outcome, _repr, log) => log.log(`${title} ignored`),
  retried: (title, { error, delaySeconds }, repr, log) =>
    log.log(`${title} retry: Retry in ${delaySeconds}s: ${repr(error)}`),
  failed: (title, { error, delaySeconds }, repr, log) =>
    log.error(`${title} raised unexpected: ${repr(error)}: visible again in ${delaySeconds}s`, stackOf(error)),
  rejected: (title, { reason, action }, _repr, log) =>
    log.warn(`${title} reject requeue=False: ${shown(reason)}: ${WORDS[action]}`),
  exhausted: (title, { error, action }, repr, log) =>
    log.error(`${title} raised unexpected: ${repr(error)}: ${WORDS[action]}`, stackOf(error)),
  leaseLost: (title, _outcome, _repr, log) =>
    log.warn(`${title} lost its lease: another worker may handle it; nothing of this run was kept`),
};

const WORDS = {
  deadLettered: 'moved to the dead-letter queue',
  deleted: 'deleted',
  left: 'left on the queue, which has no dead-letter queue that takes it',
} as const;

/**
 * Writes the log lines for messages that are not Celery's; never their payload. Answers the function that ends it.
 *
 * @param messageOf the text of an error that says more than its `message`
 */
export function logRawMessages(
  events: RawMessageListeners,
  log: Log,
  messageOf?: (error: Error) => string | undefined,
): () => void {
  const repr: Repr = (error) => reprOfError(error, messageOf);
  const ends = [
    events.on('rawReceived', ({ request }) => log.log(`${titleOf(request)} received`)),
    events.on('rawHandled', ({ request, outcome }) => write(titleOf(request), outcome, repr, log)),
  ];
  return () => ends.forEach((end) => end());
}

function write<Kind extends RawOutcome['kind']>(
  title: string,
  outcome: Extract<RawOutcome, { kind: Kind }>,
  repr: Repr,
  log: Log,
): void {
  WRITERS[outcome.kind as Kind](title, outcome, repr, log);
}

function titleOf({ messageId, queue }: RawMessageRequest): string {
  return `Raw message ${messageId} of queue ${queue}`;
}
