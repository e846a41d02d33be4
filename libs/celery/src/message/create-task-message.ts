import { randomUUID } from 'node:crypto';
import { saferepr } from '../saferepr/index.js';
import { checkSpec, checkedEmbed } from './check-spec.js';
import { expirationOf, writeEta, writeExpires } from './write-moment.js';
import {
  JSON_CONTENT_TYPE,
  type Embed,
  type MessageProperties,
  type TaskHeaders,
  type TaskMessage,
} from './task-message.js';

/** A call of a task, as `apply_async` takes it. Durations are seconds. */
export interface TaskMessageSpec {
  /** Registered name of the task. */
  readonly task: string;
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  /** Default: a random UUID. */
  readonly id?: string | undefined;
  /** Celery name of the queue, unprefixed and unmangled: the routing key, where Python sends retries to. */
  readonly queue: string;
  /** Node name of the sender, `gen<pid>@<host>`. */
  readonly origin: string;
  /** The present, in milliseconds since the epoch. */
  readonly now: number;
  /** Seconds from now; 0 means at once. Wins over `eta`, as in Celery. */
  readonly countdown?: number | undefined;
  /** When to run the task; a string is ISO 8601 and is sent as it is. */
  readonly eta?: Date | string | undefined;
  /** Seconds from now, or the moment, from which on the task is not to be run; a string is ISO 8601. */
  readonly expires?: number | Date | string | undefined;
  /** Default 0. */
  readonly retries?: number | undefined;
  /** `[hard, soft]`. Default `[null, null]`: the worker decides. */
  readonly timelimit?: TaskHeaders['timelimit'] | undefined;
  /** Default, also where empty: the task's own id. */
  readonly rootId?: string | null | undefined;
  readonly parentId?: string | null | undefined;
  /** Custom headers; names of the protocol and of Python's request are refused, but `headers`. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** 0–9; SQS does not honour it. Default 0. */
  readonly priority?: number | undefined;
  /** Read by Celery's rpc backend only. Default `''`. */
  readonly replyTo?: string | undefined;
  /** Default false. A Python worker takes this over the setting of its task, so send what is meant. */
  readonly ignoreResult?: boolean | undefined;
  readonly embed?: Partial<Embed> | undefined;
  readonly shadow?: string | null | undefined;
  readonly group?: string | null | undefined;
  readonly groupIndex?: number | null | undefined;
  readonly replacedTaskNesting?: number | undefined;
  readonly stampedHeaders?: readonly string[] | null | undefined;
  readonly stamps?: Readonly<Record<string, unknown>> | undefined;
  /** Every other publish option, under Celery's names: `MessageGroupId`, `MessageDeduplicationId`, … */
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  /** Longest `argsrepr` and `kwargsrepr`; 0 leaves them null: workers then show their own look of the arguments. Default 1024. */
  readonly argsreprMaxsize?: number | undefined;
}

/** Celery's `argsrepr_maxsize`. */
const DEFAULT_ARGSREPR_MAXSIZE = 1024;

/**
 * Makes the message of a call, with every header of protocol 2.
 *
 * @throws InvalidTaskError where a Python worker could not run it
 */
export function createTaskMessage(spec: TaskMessageSpec): TaskMessage {
  checkSpec(spec);
  const id = spec.id ?? randomUUID();
  const { args = [], kwargs = {} } = spec;
  const headers = createHeaders(spec, id, args, kwargs);
  return {
    protocol: 2,
    headers,
    args,
    kwargs,
    embed: checkedEmbed(spec),
    properties: createProperties(spec, id, headers.expires),
    contentType: JSON_CONTENT_TYPE,
    contentEncoding: 'utf-8',
  };
}

function createHeaders(
  spec: TaskMessageSpec,
  id: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): TaskHeaders {
  const maxLength = spec.argsreprMaxsize ?? DEFAULT_ARGSREPR_MAXSIZE;
  return {
    lang: 'js',
    task: spec.task,
    id,
    eta: writeEta(spec),
    expires: writeExpires(spec),
    retries: spec.retries ?? 0,
    argsrepr: maxLength > 0 ? saferepr(args, { maxLength, tuple: true }) : null,
    kwargsrepr: maxLength > 0 ? saferepr(kwargs, { maxLength }) : null,
    origin: spec.origin,
    ignoreResult: spec.ignoreResult ?? false,
    custom: spec.headers ?? {},
    ...createRelations(spec, id),
  };
}

type Relations = Pick<
  TaskHeaders,
  | 'shadow'
  | 'group'
  | 'groupIndex'
  | 'timelimit'
  | 'rootId'
  | 'parentId'
  | 'replacedTaskNesting'
  | 'stampedHeaders'
  | 'stamps'
>;

const NO_LIMITS: TaskHeaders['timelimit'] = [null, null];

function createRelations(spec: TaskMessageSpec, id: string): Relations {
  const { shadow = null, groupIndex = null, stampedHeaders = null } = spec;
  const { timelimit = NO_LIMITS, replacedTaskNesting = 0, stamps = {} } = spec;
  return {
    shadow,
    group: given(spec.group),
    groupIndex,
    timelimit,
    rootId: given(spec.rootId) ?? id,
    parentId: given(spec.parentId),
    replacedTaskNesting,
    stampedHeaders,
    stamps,
  };
}

/** An id; an empty one is none, as for Python. */
function given(id: string | null | undefined): string | null {
  return id === undefined || id === '' ? null : id;
}

function createProperties(spec: TaskMessageSpec, id: string, expires: string | null): MessageProperties {
  return {
    correlationId: id,
    replyTo: spec.replyTo ?? '',
    deliveryMode: 2,
    deliveryInfo: { exchange: '', routingKey: spec.queue },
    priority: spec.priority ?? 0,
    bodyEncoding: 'base64',
    deliveryTag: randomUUID(),
    expiration: expirationOf(expires, spec.now),
    custom: spec.properties ?? {},
  };
}
