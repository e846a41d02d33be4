import { link, linkError } from './linking.js';
import {
  bodyOf,
  isChain,
  isChord,
  isEmptyGroup,
  isGroup,
  makeChain,
  makeChord,
  signatureList,
  tasksOf,
  unrolled,
  withBody,
} from './primitives.js';
import type { SignatureJson } from './signature-json.js';

/**
 * One signature after another: Celery's `left | right`. A group that is followed by something becomes the header of a chord, and
 * what follows a chord goes into its body.
 */
export function pipe(left: SignatureJson, right: SignatureJson): SignatureJson {
  if (isEmptyGroup(right)) return left;
  return chainOf([...stepsOf(left), ...stepsOf(right)].reduce(appendStep, []));
}

/** A chain of these steps; of one: that step. */
export function chainOf(steps: readonly SignatureJson[]): SignatureJson {
  const [first, ...others] = steps;
  return first !== undefined && others.length === 0 ? first : makeChain(steps);
}

/**
 * The steps of a chain with its own callbacks, which belong to the last, and its errbacks, which belong to each; of anything
 * else: itself.
 */
export function stepsOf(signature: SignatureJson): readonly SignatureJson[] {
  const whole = unrolled(signature);
  if (!isChain(whole)) return [whole];
  const errbacks = signatureList(whole.options['link_error']);
  const steps = tasksOf(whole).map((step) => errbacks.reduce(linkError, step));
  const last = steps.at(-1);
  const linked = last && [...steps.slice(0, -1), signatureList(whole.options['link']).reduce(link, last)];
  return (linked ?? []).flatMap(stepsOf);
}

/** Adds a step that is no chain to those of a chain. */
export function appendStep(steps: readonly SignatureJson[], next: SignatureJson): readonly SignatureJson[] {
  const last = steps.at(-1);
  if (isEmptyGroup(next)) return steps;
  if (last === undefined) return [next];
  const before = steps.slice(0, -1);
  if (isChord(last) && !isChord(next)) return [...before, withBody(last, pipe(bodyOf(last), next))];
  if (isGroup(last)) return [...before, makeChord(tasksOf(last), next)];
  return [...steps, next];
}
