import type { TaskArgs, TaskDefinition, TaskResult } from '../define-task/define-task.js';
import { InvalidTaskError } from '../errors/task-errors.js';
import { isChunks, makeGroup } from './primitives.js';
import type { SignatureJson } from './signature-json.js';
import type { GroupSignature, Signature } from './signature-type.js';
import { signature } from './signature.js';

type FirstArg<Task> = TaskArgs<Task> extends readonly [infer First, ...unknown[]] ? First : unknown;

/** What is called for each item: a definition, the name of a task, or a signature, of which only the task counts. */
export type MappedTask = string | TaskDefinition | SignatureJson;

/**
 * Calls a task for each item, one after another within one message: Celery's `task.map`. The worker that runs it must know the
 * task.
 *
 * @param it the first argument of each call
 * @throws InvalidTaskError for items that cannot be iterated
 */
export function map<Task extends MappedTask>(
  task: Task,
  it: Iterable<FirstArg<Task>>,
): Signature<readonly TaskResult<Task>[]> {
  return mapping('celery.map', { task: mapped(task), it: itemsOf('map', it) });
}

/**
 * As {@link map}, with all positional arguments of each call: Celery's `task.starmap`.
 *
 * @param it the arguments of each call
 * @throws InvalidTaskError for items that cannot be iterated
 */
export function starmap<Task extends MappedTask>(
  task: Task,
  it: Iterable<TaskArgs<Task>>,
): Signature<readonly TaskResult<Task>[]> {
  return mapping('celery.starmap', { task: mapped(task), it: itemsOf('starmap', it) });
}

/**
 * Calls a task for each item, `n` of them in one message, and the messages at once: Celery's `task.chunks`.
 *
 * @param it the arguments of each call
 * @param n calls in one message
 * @throws InvalidTaskError unless `n` is a whole number from 1, and for items that cannot be iterated
 */
export function chunks<Task extends MappedTask>(
  task: Task,
  it: Iterable<TaskArgs<Task>>,
  n: number,
): GroupSignature<readonly (readonly TaskResult<Task>[])[]> {
  if (!Number.isSafeInteger(n) || n < 1)
    throw new InvalidTaskError(`chunks: n must be a whole number from 1, not ${n}`);
  return mapping('celery.chunks', { task: mapped(task), it: itemsOf('chunks', it), n });
}

/**
 * The group of `celery.starmap` tasks that chunks are sent as, each with the options of the whole; any other signature as it is.
 * As a part of a workflow that arrived in a message they are one task, `celery.chunks`, which the worker expands.
 */
export function expandChunks(signature: SignatureJson): SignatureJson {
  if (!isChunks(signature)) return signature;
  const { kwargs, options } = signature;
  const items: readonly unknown[] = Array.isArray(kwargs['it']) ? kwargs['it'] : [];
  const size = Math.max(1, Math.trunc(Number(kwargs['n'])) || 1);
  const parts = Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    mapping('celery.starmap', { task: kwargs['task'], it: items.slice(index * size, (index + 1) * size) }),
  );
  return makeGroup(parts, options);
}

function itemsOf(mapping: string, it: Iterable<unknown>): readonly unknown[] {
  // Callers without types may give anything.
  if (typeof Object(it)[Symbol.iterator] === 'function') return [...it];
  throw new InvalidTaskError(`${mapping}: the items must be an iterable, not ${typeof it}`);
}

function mapping(task: string, kwargs: SignatureJson['kwargs']): SignatureJson {
  return { task, args: [], kwargs, options: {}, subtask_type: null, immutable: true };
}

function mapped(task: MappedTask): SignatureJson {
  if (typeof task !== 'string' && 'subtask_type' in task) return task;
  // The options of the definition are those of a message of its own, which the calls are not.
  return signature(typeof task === 'string' ? task : task.name);
}
