import { InvalidTaskError } from '../errors/task-errors.js';
import type { TaskMessage } from '../message/task-message.js';
import { followedBy } from './followed-by.js';
import { freeze, type NewId } from './freeze.js';
import { link, linkError } from './linking.js';
import { expandChunks } from './maps.js';

import {
  isChain,
  isGroup,
  makeChord,
  signatureList,
  tasksOf,
  withOption,
  withTasks,
  withoutOption,
  type Options,
} from './primitives.js';
import { readSignature, type SignatureJson } from './signature-json.js';

/** What is known of a task that is replaced. */
export type ReplacedTask = Pick<TaskMessage, 'headers' | 'embed'>;

/**
 * What may be checked of a replacement where the task asks for it.
 * @throws InvalidTaskError for what is no signature, an empty chain, and a part of a chord
 */
export function checkReplacement(value: unknown): SignatureJson {
  const signature = readSignature(value);
  if (!signature) throw new InvalidTaskError('A task can be replaced by a signature only');
  if ('chord' in signature.options) {
    throw new InvalidTaskError('A signature replacing a task must not be part of a chord');
  }
  const expanded = expandChunks(signature);
  if (isChain(expanded) && tasksOf(expanded).length === 0) {
    throw new InvalidTaskError('Cannot replace with an empty chain');
  }
  return expanded;
}

/**
 * A signature with all that makes it run in place of a task: Celery's `Task.replace`. It has the id of the task, its callbacks and
 * errbacks, its place in a group or chord, and the rest of its chain behind it.
 *
 * @param newId draws the ids that the signature does not have yet
 * @throws InvalidTaskError as {@link checkReplacement}, and for a signature that insists on another id
 */
export function replacementOf(value: SignatureJson, { headers, embed }: ReplacedTask, newId: NewId): SignatureJson {
  const nesting = headers.replacedTaskNesting + 1;
  const followed = withFollowers(withOneResult(checkReplacement(value)), embed);
  const { signature, result } = freeze(followed, { id: headers.id }, newId);
  if (result.id !== headers.id) {
    throw new InvalidTaskError('A replacement takes the id of the task that it replaces: leave taskId out');
  }
  const placed = withNesting({ ...signature, options: { ...signature.options, ...placeOf(headers, embed) } }, nesting);
  return (embed.chain ?? []).toReversed().map(nested(nesting)).reduce(followedBy, placed);
}

/** Celery's built-in task that gives one of its arguments: the list of results that it is called with. */
const ACCUMULATE: SignatureJson = {
  task: 'celery.accumulate',
  args: [],
  kwargs: { index: 0 },
  options: {},
  subtask_type: null,
  immutable: false,
};

/** A group has no result of its own that the id could stand for. */
function withOneResult(signature: SignatureJson): SignatureJson {
  if (isGroup(signature)) return makeChord(tasksOf(signature), ACCUMULATE);
  if (!isChain(signature)) return signature;
  const tasks = tasksOf(signature);
  return withTasks(signature, [...tasks.slice(0, -1), ...tasks.slice(-1).map(withOneResultAtEnd)]);
}

function withOneResultAtEnd(last: SignatureJson): SignatureJson {
  return isGroup(last) ? makeChord(tasksOf(last), ACCUMULATE) : last;
}

function withFollowers(signature: SignatureJson, { callbacks, errbacks }: ReplacedTask['embed']): SignatureJson {
  const linked = (callbacks ?? []).reduce(link, signature);
  return linksAtEnd((errbacks ?? []).reduce(linkError, linked));
}

/** The callbacks of a chain follow its last task even when more tasks are appended. */
function linksAtEnd(signature: SignatureJson): SignatureJson {
  if (!isChain(signature) || !('link' in signature.options)) return signature;
  const links = signatureList(signature.options['link']);
  const tasks = tasksOf(signature);
  const linked = tasks.slice(-1).map((last) => withOption(last, 'link', [...linksOf(last), ...links]));
  return withTasks(withoutOption(signature, 'link'), [...tasks.slice(0, -1), ...linked]);
}

function linksOf({ options }: SignatureJson): readonly SignatureJson[] {
  return signatureList(options['link']);
}

function placeOf({ group, groupIndex, rootId }: ReplacedTask['headers'], { chord }: ReplacedTask['embed']): Options {
  // Those that it has none of as well: it must not be given others.
  return { chord, group_id: group, group_index: groupIndex, root_id: rootId };
}

/** Every task of a chain tells how deep it is nested. */
function withNesting(signature: SignatureJson, nesting: number): SignatureJson {
  const all = isChain(signature) ? withTasks(signature, tasksOf(signature).map(nested(nesting))) : signature;
  return nested(nesting)(all);
}

function nested(nesting: number): (signature: SignatureJson) => SignatureJson {
  return (signature) => withOption(signature, 'replaced_task_nesting', nesting);
}
