import { stepsOf } from './pipe.js';
import {
  bodyOf,
  isChain,
  isChord,
  isGroup,
  makeChain,
  makeChord,
  tasksOf,
  unrolled,
  withBody,
  withTasks,
} from './primitives.js';
import type { SignatureJson } from './signature-json.js';

/**
 * A signature and what follows it, where the first may have options of its own: Celery's `left | right`, one at a time. (Written
 * down at once, Celery folds steps in another way: `pipe`.)
 */
export function followedBy(left: SignatureJson, right: SignatureJson): SignatureJson {
  const next = unrolled(right);
  if (isChain(next)) return stepsOf(next).reduce(followedBy, left);
  if (isChain(left)) return chainFollowedBy(left, next);
  return isChord(left) && !isGroup(next) ? withLongerBody(left, next) : makeChain([left, next]);
}

/** A chain that changes at its end keeps its options; one that grows gives them to its steps. */
function chainFollowedBy(chain: SignatureJson, next: SignatureJson): SignatureJson {
  const steps = stepsOf(chain);
  const last = steps.at(-1);
  if (last && isChord(last) && isGroup(next)) return makeChain([...steps.slice(0, -1), withLongerBody(last, next)]);
  if (last && isGroup(last) && !isGroup(next)) return withChordAtEnd(chain, last, next);
  if (last && isChord(last) && !isChord(next)) return withLast(chain, withLongerBody(last, next));
  return makeChain([...steps, next]);
}

/** A group that is followed by something is the header of a chord; a chord before it takes that into its body. */
function withChordAtEnd(chain: SignatureJson, group: SignatureJson, next: SignatureJson): SignatureJson {
  const upgraded = makeChord(tasksOf(group), next);
  const before = tasksOf(chain).at(-2);
  if (!before || !isChord(before)) return withLast(chain, upgraded);
  return withTasks(chain, [...tasksOf(chain).slice(0, -2), withLongerBody(before, upgraded)]);
}

function withLast(chain: SignatureJson, last: SignatureJson): SignatureJson {
  return withTasks(chain, [...tasksOf(chain).slice(0, -1), last]);
}

function withLongerBody(chord: SignatureJson, next: SignatureJson): SignatureJson {
  return withBody(chord, followedBy(bodyOf(chord), next));
}
