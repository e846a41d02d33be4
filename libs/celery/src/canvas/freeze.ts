import { InvalidTaskError } from '../errors/task-errors.js';
import { after, groupResult, taskResult, type CanvasResult } from './canvas-result.js';
import { plainSteps } from './steps.js';
import {
  bodyOf,
  headerGroup,
  headerOf,
  isChain,
  isChord,
  isGroup,
  makeGroup,
  tasksOf,
  withTasks,
  type Options,
} from './primitives.js';
import type { SignatureJson } from './signature-json.js';
import { textOption } from './text-option.js';

/** What a signature is told when it gets its id; what it names itself already stays. */
export interface Place {
  /** Task id. Default: a new one. */
  readonly id?: string | undefined;
  /** The group whose members it reports to. */
  readonly groupId?: string | undefined;
  readonly groupIndex?: number | undefined;
  /** Body of the chord that it reports to. */
  readonly chord?: SignatureJson | undefined;
  readonly rootId?: string | undefined;
  readonly parentId?: string | undefined;
}

/** A signature with its ids, and what is waited for. */
export interface Frozen {
  readonly signature: SignatureJson;
  readonly result: CanvasResult;
}

/** Gives a new id at each call. */
export type NewId = () => string;

/** Gives a signature, and everything in it that reports to somebody, the ids under which it will run: Celery's `freeze`. */
export function freeze(signature: SignatureJson, place: Place, newId: NewId): Frozen {
  if (isChain(signature)) return freezeChain(signature, place, newId);
  if (isGroup(signature)) return freezeGroup(signature, place, newId);
  if (isChord(signature)) return freezeChord(signature, place, newId);
  return freezeTask(signature, place, newId);
}

function freezeTask(signature: SignatureJson, { id, rootId, parentId, ...place }: Place, newId: NewId): Frozen {
  const { options } = signature;
  const taskId = idOf(options) ?? id ?? newId();
  const frozen = {
    ...options,
    task_id: taskId,
    ...(rootId && { root_id: rootId }),
    ...(parentId && { parent_id: parentId }),
    ...(place.groupId && !('group_id' in options) && { group_id: place.groupId }),
    ...reporting(place),
  };
  return { signature: { ...signature, options: frozen }, result: taskResult(taskId, signature.task) };
}

function reporting({ chord, groupIndex }: Place): Options {
  return {
    ...(chord && { chord }),
    ...(groupIndex !== undefined && { group_index: groupIndex }),
  };
}

/** The id that a signature names. */
export function idOf({ task_id }: Options): string | undefined {
  return textOption(task_id);
}

function freezeChain(chain: SignatureJson, place: Place, newId: NewId): Frozen {
  const steps = plainSteps(chain, false);
  const [first, ...later] = steps;
  if (!first) throw new InvalidTaskError('a chain without tasks cannot be sent');
  const led = { ...first, args: [...chain.args, ...first.args] };
  const { signatures, result } = freezeSteps([led, ...later], place, newId);
  const signature = withTasks({ ...chain, args: [] }, signatures);
  return { signature: { ...signature, options: { ...chain.options, task_id: result.id } }, result };
}

/** The last step of a chain is the one that reports for it. */
export function freezeSteps(
  steps: readonly SignatureJson[],
  { parentId: _given, ...place }: Place,
  newId: NewId,
): { readonly signatures: readonly SignatureJson[]; readonly result: CanvasResult } {
  const frozen = steps.map((step, index) =>
    freeze(step, index === steps.length - 1 ? place : { rootId: place.rootId }, newId),
  );
  const [first, ...later] = frozen.map(({ result }) => result);
  if (!first) throw new InvalidTaskError('a chain without tasks cannot be sent');
  return {
    signatures: frozen.map(({ signature }) => signature),
    result: later.reduce((before, result) => after(result, before), first),
  };
}

/** Freezes a group and its members, those of groups in it included. */
export function freezeGroup(group: SignatureJson, place: Place, newId: NewId): Frozen {
  const { options } = group;
  const id = idOf(options) ?? newId();
  const rootId = options['root_id'] ?? place.rootId ?? null;
  const parentId = options['parent_id'] ?? place.parentId ?? null;
  const members = flatMembers(tasksOf(group)).map((task, groupIndex) =>
    freeze(task, { ...memberPlace(place, rootId, parentId), groupIndex }, newId),
  );
  const frozen = {
    ...options,
    task_id: id,
    ...(place.groupId && { group_id: place.groupId }),
    ...reporting(place),
    root_id: rootId,
    parent_id: parentId,
  };
  const tasks = members.map(({ signature }) => signature);
  return {
    signature: withTasks({ ...group, options: frozen }, tasks),
    result: groupResult(
      id,
      members.map(({ result }) => result),
    ),
  };
}

function memberPlace({ groupId, chord }: Place, rootId: unknown, parentId: unknown): Place {
  return {
    groupId,
    chord,
    rootId: typeof rootId === 'string' ? rootId : undefined,
    parentId: typeof parentId === 'string' ? parentId : undefined,
  };
}

/** Members of groups in a group stand in reverse, as Celery leaves them: the results of a chord are in this order. */
function flatMembers(tasks: readonly SignatureJson[]): readonly SignatureJson[] {
  return tasks.flatMap((task) => {
    if (isGroup(task)) return flatMembers(tasksOf(task).toReversed());
    return isChain(task) && tasksOf(task).length === 0 ? [] : [task];
  });
}

function freezeChord(chord: SignatureJson, place: Place, newId: NewId): Frozen {
  const { id, groupId, groupIndex, rootId, parentId } = place;
  const body = freeze(bodyOf(chord), { id, groupId, groupIndex, rootId, chord: place.chord }, newId);
  const group = headerGroup(chord);
  const header = freezeGroup(group ?? makeGroup(headerOf(chord)), { rootId, parentId, chord: body.signature }, newId);
  return {
    signature: {
      ...chord,
      kwargs: { ...chord.kwargs, header: header.signature, body: body.signature },
      options: { ...chord.options, task_id: header.result.id },
    },
    result: after(body.result, header.result),
  };
}
