import { isDeepStrictEqual } from 'node:util';
import type { SignatureJson } from './signature-json.js';
import {
  bodyOf,
  headerGroup,
  headerOf,
  isChord,
  isEmptyGroup,
  isGroup,
  replacedFirst,
  signatureList,
  tasksOf,
  withBody,
  withOption,
  withTasks,
} from './primitives.js';

/**
 * Adds what is to be sent when a signature has succeeded, with its result as first argument: Celery's `link`. A chain passes it
 * on to its last step, a chord to its body. A group has no result of its own: the callback follows its first member, without
 * that member's result.
 *
 * @returns the signature with the callback
 */
export function link<Sig extends SignatureJson>(signature: Sig, callback: SignatureJson): Sig {
  if (isChord(signature)) return withBody(signature, link(bodyOf(signature), callback));
  if (!isGroup(signature) || isEmptyGroup(signature)) return appended(signature, 'link', [callback]);
  const alone = { ...callback, immutable: true };
  return withTasks(
    signature,
    replacedFirst(tasksOf(signature), (first) => link(first, alone)),
  );
}

/**
 * Adds what is to be sent when a signature has failed, with the id of the failed task as first argument: Celery's `link_error`.
 * In a chain it holds for every step, in a group for every member, in a chord for the body, which fails when its header does.
 *
 * @returns the signature with the errback
 */
export function linkError<Sig extends SignatureJson>(signature: Sig, errback: SignatureJson): Sig {
  if (isGroup(signature)) {
    return withTasks(
      signature,
      tasksOf(signature).map((task) => linkError(task, errback)),
    );
  }
  if (!isChord(signature)) return appended(signature, 'link_error', [errback]);
  return withBody(linkedHeader(signature, errback), linkError(bodyOf(signature), errback));
}

/** Chords in the header handle their own errors; as in Celery not any more once the header has its ids. */
function linkedHeader<Sig extends SignatureJson>(chord: Sig, errback: SignatureJson): Sig {
  if (headerGroup(chord)) return chord;
  const header = headerOf(chord).map((task) => (isChord(task) ? linkError(task, errback) : task));
  return withHeader(chord, header);
}

/** Keeps the form that the header has: an array, or a group signature. */
export function withHeader<Sig extends SignatureJson>(chord: Sig, tasks: readonly SignatureJson[]): Sig {
  const group = headerGroup(chord);
  return { ...chord, kwargs: { ...chord.kwargs, header: group ? withTasks(group, tasks) : tasks } };
}

/** Adds to an option that holds signatures those that it does not hold yet. */
export function appended<Sig extends SignatureJson>(
  signature: Sig,
  option: 'link' | 'link_error',
  more: readonly SignatureJson[],
): Sig {
  if (more.length === 0) return signature;
  const held = signatureList(signature.options[option]);
  const added = more.filter((one) => !held.some((other) => isDeepStrictEqual(one, other)));
  return withOption(signature, option, [...held, ...added]);
}
