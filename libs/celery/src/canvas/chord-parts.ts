import type { ResultTuple } from '../ports/result-store.js';
import { appended, link, linkError } from './linking.js';
import { mergedOptions } from './merge.js';
import { bodyOf, isChord, isGroup, signatureList, tasksOf, withBody, withTasks, type Options } from './primitives.js';
import { isRecord, type SignatureJson } from './signature-json.js';
import { splitBody } from './steps.js';

/**
 * The body of a chord with what a call of the chord gives it. Callbacks and errbacks of the chord become its own; when to run is
 * said to the header, and the header task that ends last will be its parent.
 *
 * @param options of the call
 */
export function calledBody(chord: SignatureJson, options: Options): { body: SignatureJson; rootId: unknown } {
  const all = { ...chord.options, ...options };
  const own = bodyOf(chord);
  const called = mergedOptions(own.options, withoutKeys(options, ...NOT_OF_THE_BODY));
  const linked = withBodyCallbacks({ ...own, options: called }, all);
  const body = { ...linked, options: { ...linked.options, ...withoutKeys(all, ...NOT_OF_THE_BODY) } };
  return { body: splitBody(body), rootId: called['root_id'] };
}

const NOT_OF_THE_BODY = ['link', 'link_error', 'countdown', 'eta', 'parent_id', 'task_id'];

/** Keyword arguments that a chord holds for the tasks of its header. */
export function headerKwargs({ kwargs }: SignatureJson): Readonly<Record<string, unknown>> {
  return isRecord(kwargs['kwargs']) ? kwargs['kwargs'] : {};
}

/** The callbacks and errbacks of a chord itself: they follow its body. The header reports to the body and has none of them. */
function withBodyCallbacks(body: SignatureJson, options: Options): SignatureJson {
  const linked = signatureList(options['link']).reduce(link, body);
  return signatureList(options['link_error']).reduce(linkErrorToBody, linked);
}

/** The error of a header is handled where the body says so: in its options, or in those of its members. */
function linkErrorToBody(body: SignatureJson, errback: SignatureJson): SignatureJson {
  return isGroup(body) ? linkErrorToMembers(body, errback, true) : appended(body, 'link_error', [errback]);
}

/** A group that is sent as such and names errbacks replaces those of its members by them. */
function linkErrorToMembers(signature: SignatureJson, errback: SignatureJson, sentAsGroup: boolean): SignatureJson {
  if (isChord(signature)) return withBody(signature, linkErrorToMembers(bodyOf(signature), errback, true));
  if (!isGroup(signature)) return linkError(signature, errback);
  const own = signature.options['link_error'] ?? null;
  if (sentAsGroup && own !== null) return appended(signature, 'link_error', [errback]);
  return withTasks(
    signature,
    tasksOf(signature).map((task) => linkErrorToMembers(task, errback, false)),
  );
}

/**
 * The task that polls for the end of a chord's header where the result backend cannot count: Celery's `celery.chord_unlock`.
 *
 * @param groupId id of the header
 * @param results the members of the header
 * @param body with its ids
 */
export function unlockSignature(groupId: string, results: readonly ResultTuple[], body: SignatureJson): SignatureJson {
  const { queue, priority } = body.options;
  return {
    task: 'celery.chord_unlock',
    args: [groupId, body],
    kwargs: { interval: null, max_retries: null, result: results },
    options: {
      countdown: 1,
      ignore_result: true,
      ...(typeof queue === 'string' && { queue }),
      ...(typeof priority === 'number' && { priority }),
    },
    subtask_type: null,
    immutable: false,
  };
}

export function withoutKeys(options: Options, ...names: readonly string[]): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));
}
