import { createTaskMessage, type TaskMessageSpec } from '../message/create-task-message.js';
import { isSendable } from '../message/header-names.js';
import { pick } from '../message/pick.js';
import type { Embed, TaskMessage } from '../message/task-message.js';
import { isRecord, readSignature, type SignatureJson } from './signature-json.js';
import { textOption } from './text-option.js';

/** How a worker calls a signature; what the signature itself says wins. */
export interface SignatureCall {
  /** Positional arguments that go before the signature's own, unless it is immutable. */
  readonly args: readonly unknown[];
  /** Task id. */
  readonly id: string;
  /** Queue. */
  readonly queue: string;
  /** Id of the task that the call follows. Default: the one that the signature names. */
  readonly parentId?: string | undefined;
  /** Id of the first task of the workflow. Default: the one that the signature names, or the task's own. */
  readonly rootId?: string | undefined;
  /** The rest of the chain, reversed. */
  readonly chain?: readonly SignatureJson[] | undefined;
  /** Id of the group that the call is a member of, and its place in it. */
  readonly group?: { readonly id: string; readonly index: number } | undefined;
  /** Node name of the sender. */
  readonly origin: string;
  /** The present, in milliseconds since the epoch. */
  readonly now: number;
  /** Longest `argsrepr` and `kwargsrepr`. */
  readonly argsreprMaxsize?: number | undefined;
}

const WORKFLOWS: readonly (string | null)[] = ['chain', 'group', 'chord', 'chunks'];

/** Whether a signature stands for one message, rather than for a workflow that has to be taken apart. */
export function isSingleTask({ subtask_type }: SignatureJson): boolean {
  return !WORKFLOWS.includes(subtask_type);
}

/** Options of `apply_async` that have a place of their own in the message; all others become properties of the envelope. */
export const PLACED_OPTIONS: ReadonlySet<string> = new Set([
  'task_id',
  'queue',
  'routing_key',
  'exchange',
  'countdown',
  'eta',
  'expires',
  'priority',
  'headers',
  'time_limit',
  'soft_time_limit',
  'shadow',
  'ignore_result',
  'link',
  'link_error',
  'chain',
  'chord',
  'group_id',
  'group_index',
  'root_id',
  'parent_id',
  'reply_to',
  'replaced_task_nesting',
  'stamped_headers',
  'serializer',
  'compression',
  'delivery_mode',
  'message_attributes',
]);

/**
 * The message that calling a single-task signature gives: Celery's `signature.apply_async(args, **options)`.
 *
 * @throws InvalidTaskError for options that no worker could honour
 */
export function signatureMessage(signature: SignatureJson, call: SignatureCall): TaskMessage {
  const { options } = signature;
  return createTaskMessage({
    ...executionOptions(options),
    ...membership(options, call),
    ...stamping(options),
    task: signature.task,
    args: signature.immutable ? signature.args : [...call.args, ...signature.args],
    kwargs: signature.kwargs,
    id: textOption(options['task_id']) ?? call.id,
    queue: queueOfSignature(signature) ?? call.queue,
    origin: call.origin,
    now: call.now,
    rootId: call.rootId ?? textOption(options['root_id']),
    parentId: call.parentId ?? textOption(options['parent_id']),
    embed: embedOf(options, call.chain),
    argsreprMaxsize: call.argsreprMaxsize,
  });
}

function executionOptions(options: SignatureJson['options']): Partial<TaskMessageSpec> {
  return {
    countdown: number(options['countdown']),
    eta: moment(options['eta']),
    expires: moment(options['expires']) ?? number(options['expires']),
    priority: number(options['priority']),
    // They came in with a message: a name that cannot be sent must not cost the call.
    headers: pick(record(options['headers']) ?? {}, isSendable),
    timelimit: [number(options['time_limit']) ?? null, number(options['soft_time_limit']) ?? null],
    shadow: textOption(options['shadow']),
    ignoreResult: options['ignore_result'] === true,
    replyTo: textOption(options['reply_to']),
    replacedTaskNesting: number(options['replaced_task_nesting']),
  };
}

function membership(options: SignatureJson['options'], { group }: SignatureCall): Partial<TaskMessageSpec> {
  return {
    group: textOption(options['group_id']) ?? group?.id,
    groupIndex: number(options['group_index']) ?? group?.index,
  };
}

/** Stamps stand among the options under their own names; whatever else has no place there is a property of the envelope. */
function stamping(options: SignatureJson['options']): Partial<TaskMessageSpec> {
  const stampedHeaders = strings(options['stamped_headers']) ?? [];
  const isProperty = ([name, value]: [string, unknown]): boolean =>
    !PLACED_OPTIONS.has(name) && !stampedHeaders.includes(name) && value !== null;
  return {
    stampedHeaders: stampedHeaders.length === 0 ? null : stampedHeaders,
    stamps: Object.fromEntries(stampedHeaders.map((name) => [name, options[name]])),
    properties: Object.fromEntries(Object.entries(options).filter(isProperty)),
  };
}

/** The queue a signature names, if any. */
export function queueOfSignature({ options }: SignatureJson): string | undefined {
  return textOption(options['queue']) ?? textOption(options['routing_key']);
}

function embedOf(options: SignatureJson['options'], chain: readonly SignatureJson[] | undefined): Embed {
  return {
    callbacks: signatures(options['link']),
    errbacks: signatures(options['link_error']),
    chain: chain ?? signatures(options['chain']),
    chord: readSignature(options['chord']) ?? null,
  };
}

function signatures(value: unknown): SignatureJson[] | null {
  return value === null || value === undefined ? null : [value].flat().flatMap((one) => readSignature(one) ?? []);
}

/** Python may have written a float, which keeps its own class here. */
function number(value: unknown): number | undefined {
  if (value === null || value === undefined || value instanceof Date || typeof value === 'string') return undefined;
  const plain = Number(value);
  return Number.isFinite(plain) ? plain : undefined;
}

function moment(value: unknown): Date | string | undefined {
  return value instanceof Date ? value : textOption(value);
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(value) ? value : undefined;
}

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : undefined;
}
