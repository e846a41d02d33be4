import { isRecord } from '../canvas/signature-json.js';
import { createTaskMessage, type TaskMessageSpec } from './create-task-message.js';
import { isSendable, survivesRetry } from './header-names.js';
import { pick } from './pick.js';
import type { TaskMessage } from './task-message.js';

/** What a retry changes; everything else of the message stays. Durations are seconds. */
export interface RetryChange {
  /** The present, in milliseconds since the epoch. */
  readonly now: number;
  /** Seconds from now; 0 means at once. Wins over `eta`. Without both the retry may run at once. */
  readonly countdown?: number | undefined;
  readonly eta?: Date | string | undefined;
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  /** Default: the routing key of the message, where it was published to the anonymous exchange. */
  readonly queue?: string | undefined;
  /** The queue of messages that do not say where they were sent: the one they were received from. */
  readonly defaultQueue: string;
  /** Custom headers instead of the present ones. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** The task's own setting, for messages that say nothing: what the caller asked for is kept, as in Celery from 5.7 on. Default false. */
  readonly ignoreResult?: boolean | undefined;
  /** Node name for messages that have no origin; theirs is kept otherwise. */
  readonly origin: string;
  /** Further publish options, under Celery's names: `MessageGroupId`, … */
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  /** Longest `argsrepr` and `kwargsrepr`; 0 leaves them null. Default 1024. */
  readonly argsreprMaxsize?: number | undefined;
  /** Retries so far where the header does not know (retries in place). Default: the header. */
  readonly retries?: number | undefined;
}

/**
 * The message of the next attempt, field by field as Celery's `Task.retry` publishes it: the same id with `retries` + 1. Without
 * a parent the task becomes its own. It stays compressed as it was, unlike Celery's: it may be too large for SQS without.
 *
 * @throws InvalidTaskError where the change gives a message that Python could not run
 */
export function retryMessage(message: TaskMessage, change: RetryChange): TaskMessage {
  const { headers } = message;
  const retry = createTaskMessage({
    ...kept(message),
    task: headers.task,
    args: change.args ?? message.args,
    kwargs: change.kwargs ?? message.kwargs,
    queue: change.queue ?? queueOf(message, change.defaultQueue),
    origin: headers.origin ?? change.origin,
    now: change.now,
    countdown: change.countdown,
    eta: change.eta,
    retries: (change.retries ?? headers.retries) + 1,
    headers: change.headers ? sendableHeaders(change.headers, headers.custom) : carriedHeaders(headers.custom),
    ignoreResult: headers.ignoreResult ?? change.ignoreResult,
    properties: { ...(headers.origin !== null && { origin: headers.origin }), ...change.properties },
    argsreprMaxsize: change.argsreprMaxsize,
  });
  return message.compression === undefined ? retry : { ...retry, compression: message.compression };
}

/**
 * The message of the same attempt again, to be sent with another delay (a hop of a distant ETA): nothing changes but the
 * protocol, as only protocol 2 is written.
 */
export function republishMessage(message: TaskMessage): TaskMessage {
  return message.protocol === 2 ? message : { ...message, protocol: 2 };
}

function kept({ headers, properties, embed }: TaskMessage): Partial<TaskMessageSpec> {
  return {
    id: headers.id,
    shadow: headers.shadow,
    expires: headers.expires ?? undefined,
    group: headers.group,
    groupIndex: headers.groupIndex,
    timelimit: headers.timelimit,
    rootId: headers.rootId,
    parentId: headers.parentId ?? headers.id,
    replacedTaskNesting: headers.replacedTaskNesting,
    stampedHeaders: headers.stampedHeaders,
    stamps: headers.stamps,
    replyTo: properties.replyTo,
    priority: properties.priority ?? undefined,
    embed,
  };
}

/** Where Celery sends a retry: back to the routing key, which names a queue only on the anonymous exchange. */
function queueOf({ properties }: TaskMessage, otherwise: string): string {
  const { exchange, routingKey } = properties.deliveryInfo;
  return exchange === '' && routingKey !== null && routingKey !== '' ? routingKey : otherwise;
}

/**
 * The custom headers that Celery carries on: what stands in a header named `headers` where there is one (Sentry and Datadog keep
 * their copies there), else all whose name is no attribute of the request.
 */
function carriedHeaders(custom: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const nested = custom['headers'];
  return pick(isRecord(nested) ? nested : custom, survivesRetry);
}

/** A handler may hand on the headers it received: a name among them that cannot be sent must not cost the retry. */
function sendableHeaders(
  chosen: Readonly<Record<string, unknown>>,
  received: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return pick(chosen, (name) => isSendable(name) || !Object.hasOwn(received, name));
}
