import { InvalidTaskError } from '../errors/task-errors.js';
import type { ResultTuple } from '../ports/result-store.js';
import { after, groupResult, resultTuple, taskResult, type CanvasResult } from './canvas-result.js';
import { calledBody, headerKwargs, unlockSignature, withoutKeys } from './chord-parts.js';
import { partsOf } from './chord-size.js';
import { freeze, freezeGroup, freezeSteps, idOf, type Frozen, type NewId, type Place } from './freeze.js';
import { linkError } from './linking.js';
import { merged, mergedOptions, withoutNulls, type PartialCall } from './merge.js';
import {
  headerGroup,
  headerOf,
  isChain,
  isChord,
  isEmptyGroup,
  isGroup,
  makeGroup,
  signatureList,
  tasksOf,
  withOption,
  type Options,
} from './primitives.js';
import { readSignature, type SignatureJson } from './signature-json.js';
import { ownOptions, plainSteps, withoutHeaderChords } from './steps.js';
import { textOption } from './text-option.js';

/** What has to be known to plan. */
export interface PlanContext extends PartialCall {
  /** Draws the id of a task or group that has none. Asked in the same order for the same signature and context. */
  readonly newId: NewId;
  /**
   * How the end of a chord's header is noticed: `counted` by the result store, or by the task `celery.chord_unlock`, which
   * polls (`unlock`). Default: not at all, chords are refused.
   */
  readonly chords?: 'counted' | 'unlock' | undefined;
}

/** Something to be done, in its turn. */
export type CanvasAction =
  /** Send the message of a task: a single task with all its options and its id. */
  | { readonly kind: 'publish'; readonly signature: SignatureJson }
  /** Tell the result store of a chord, before the first message of its header. */
  | {
      readonly kind: 'startChord';
      readonly groupId: string;
      readonly size: number;
      readonly results: readonly ResultTuple[];
    }
  /** Tell it how many parts complete the header, before the last message of the header. */
  | { readonly kind: 'setChordSize'; readonly groupId: string; readonly size: number };

/** What sending a signature takes, and what it gives. */
export interface CanvasPlan {
  readonly actions: readonly CanvasAction[];
  readonly result: CanvasResult;
}

/** Celery's own words. */
const NO_BACKEND = `Starting chords requires a result backend to be configured.

Note that a group chained with a task is also upgraded to be a chord, as this pattern requires synchronization.`;

/**
 * Plans what sending a signature of any kind takes: Celery's `signature.apply_async(args, kwargs, **options)`.
 *
 * @throws InvalidTaskError for a chord where nobody would notice its end, for an empty chain, and for a group that is to have
 * callbacks
 */
export function planCanvas(signature: SignatureJson, context: PlanContext): CanvasPlan {
  const planner = new Planner(context);
  const { args = [], kwargs = {}, options = {} } = context;
  const result = planner.apply(signature, { args, kwargs, options });
  return { actions: planner.actions, result };
}

class Planner {
  readonly actions: CanvasAction[] = [];
  readonly #newId: NewId;
  readonly #chords: PlanContext['chords'];

  constructor({ newId, chords }: PlanContext) {
    this.#newId = newId;
    this.#chords = chords;
  }

  apply(signature: SignatureJson, call: Required<PartialCall>): CanvasResult {
    const given = { ...call, options: withoutNulls(call.options) };
    if (isChain(signature)) return this.#chain(signature, given);
    if (isGroup(signature)) return this.#group(signature, given);
    if (isChord(signature)) return this.#chord(signature, given);
    return this.#task(signature, given);
  }

  #task(signature: SignatureJson, call: Required<PartialCall>): CanvasResult {
    const task = merged(signature, call);
    const id = idOf(task.options) ?? this.#newId();
    this.actions.push({ kind: 'publish', signature: withOption(task, 'task_id', id) });
    return taskResult(id, task.task);
  }

  #chain(chain: SignatureJson, { args, kwargs, options }: Required<PartialCall>): CanvasResult {
    const all = { ...chain.options, ...options };
    const [first, ...later] = plainSteps(chain, true);
    if (!first) throw new InvalidTaskError('a chain needs at least one task');
    const led = merged(first, { args: chain.immutable ? chain.args : [...args, ...chain.args], kwargs });
    if ([led, ...later].some(isChord)) this.#checkChords();
    const frozen = freezeSteps([led, ...later], placeOf(all), this.#newId);
    const [next, ...rest] = linked(frozen.signatures, all);
    if (!next) throw new InvalidTaskError('a chain needs at least one task');
    const before = Array.isArray(all['chain']) ? (all['chain'] as readonly unknown[]) : [];
    const chainOption = [...before, ...rest.toReversed()];
    const result = this.apply(next, { args: [], kwargs: {}, options: { ...ownOptions(all), chain: chainOption } });
    return rest.length === 0 ? result : frozen.result;
  }

  #group(group: SignatureJson, { args, kwargs, options }: Required<PartialCall>): CanvasResult {
    if ('link' in options) throw new InvalidTaskError('Cannot add link to group: use a chord');
    if ('link_error' in options) {
      throw new InvalidTaskError('Cannot add link to group: do that on individual tasks');
    }
    if (isEmptyGroup(group)) return freezeGroup(group, {}, this.#newId).result;
    const all = mergedOptions(group.options, options);
    const groupId = idOf(all) ?? this.#newId();
    const rest = { ...withoutKeys(all, 'task_id', 'chord', 'group_index'), group_id: groupId };
    const members = this.#members(tasksOf(group), groupId, textOption(all['root_id']));
    const call = { args: [...args, ...group.args], kwargs, options: rest };
    this.#sendMembers(groupId, members, readSignature(all['chord']), call);
    const results = members.map(({ result }) => result);
    const [only] = results;
    return results.length === 1 && only?.results ? only : groupResult(groupId, results);
  }

  /** The places of members are counted in each nested group anew, as Celery counts them. */
  #members(tasks: readonly SignatureJson[], groupId: string, rootId: string | undefined): readonly Frozen[] {
    return tasks.flatMap((task, groupIndex) => {
      if (isGroup(task)) return this.#members(tasksOf(task), groupId, rootId);
      if (isChain(task) && tasksOf(task).length === 0) return [];
      return [freeze(task, { groupId, rootId, groupIndex }, this.#newId)];
    });
  }

  #sendMembers(
    groupId: string,
    members: readonly Frozen[],
    chord: SignatureJson | undefined,
    { options, ...call }: Required<PartialCall>,
  ): void {
    const size = members.reduce((sum, { signature }) => sum + partsOf(signature), 0);
    for (const [index, { signature }] of members.entries()) {
      const reportsTo = chord ?? signature.options['chord'];
      if (reportsTo && index === members.length - 1 && this.#chords === 'counted') {
        this.actions.push({ kind: 'setChordSize', groupId, size });
      }
      this.apply(signature, { ...call, options: { ...options, chord: reportsTo } });
    }
  }

  #chord(chord: SignatureJson, { args, kwargs, options }: Required<PartialCall>): CanvasResult {
    this.#checkChords();
    const group = headerGroup(chord) ?? makeGroup(headerOf(chord), withOnlyId(chord.options));
    const groupId = idOf(group.options) ?? this.#newId();
    const all = { ...chord.options, ...options };
    const called = calledBody(chord, options);
    const place = { groupId, rootId: textOption(called.rootId) };
    const body = freeze(called.body, { ...place, id: idOf(all) ?? this.#newId() }, this.#newId);
    const bare = withoutHeaderChords(body.signature);
    const header = freezeGroup(withOption(group, 'task_id', groupId), { ...place, chord: bare }, this.#newId);
    this.#sendHeader(header, bare, {
      args: chord.immutable ? chord.args : [...args, ...chord.args],
      kwargs: { ...headerKwargs(chord), ...kwargs },
      options: { ...withoutKeys(all, 'link', 'link_error', 'chain', 'chord'), task_id: groupId },
    });
    return after(body.result, header.result);
  }

  #sendHeader({ signature, result }: Frozen, body: SignatureJson, call: Required<PartialCall>): void {
    if (isEmptyGroup(signature)) {
      this.apply(body, { args: [[]], kwargs: {}, options: {} });
      return;
    }
    const results = (result.results ?? []).map(resultTuple);
    const size = partsOf(signature);
    if (this.#chords === 'counted') this.actions.push({ kind: 'startChord', groupId: result.id, size, results });
    else this.#task(unlockSignature(result.id, results, body), { args: [], kwargs: {}, options: {} });
    this.#group(signature, call);
  }

  #checkChords(): void {
    if (this.#chords === undefined) throw new InvalidTaskError(NO_BACKEND);
  }
}

/** Where the last step of a chain belongs. */
function placeOf(options: Options): Place {
  const { group_index } = options;
  return {
    id: idOf(options),
    rootId: textOption(options['root_id']),
    groupId: textOption(options['group_id']),
    chord: readSignature(options['chord']),
    groupIndex: typeof group_index === 'number' ? group_index : undefined,
  };
}

/** Steps as they are sent: with what follows the chain when it ends, well or not. */
function linked(steps: readonly SignatureJson[], options: Options): readonly SignatureJson[] {
  const errbacks = signatureList(options['link_error']);
  const callbacks = signatureList(options['link']);
  const sent = steps.map((step) => withoutHeaderChords(errbacks.reduce(linkError, step)));
  const last = sent.at(-1);
  if (!last || callbacks.length === 0) return sent;
  return [...sent.slice(0, -1), withOption(last, 'link', [...signatureList(last.options['link']), ...callbacks])];
}

function withOnlyId({ task_id }: Options): Options {
  return task_id === undefined ? {} : { task_id };
}
