import { withHeader } from './linking.js';
import { mergedOptions } from './merge.js';
import { stepsOf } from './pipe.js';
import {
  bodyOf,
  headerGroup,
  headerOf,
  isChain,
  isChord,
  isEmptyGroup,
  isGroup,
  makeChord,
  tasksOf,
  withBody,
  withTasks,
  withoutOption,
  type Options,
} from './primitives.js';
import type { SignatureJson } from './signature-json.js';

/**
 * The steps of a chain as they are to be sent: chains in it joined, groups of one member replaced by it, empty groups left out
 * unless there is nothing else, and a group before a step made a chord with it.
 *
 * @param split whether the body of a chord that is a chain gives its later tasks back: every message of the header carries the
 * body, and would carry the rest of the workflow with it
 */
export function plainSteps(chain: SignatureJson, split: boolean): readonly SignatureJson[] {
  const steps = tasksOf(chain)
    .flatMap(stepsOf)
    .flatMap((step) => (split ? splitStep(step) : [step]));
  const filled = steps.filter((step) => !isEmptyGroup(step));
  return (filled.length > 0 ? filled : steps.slice(0, 1)).reduceRight(upgrade, []);
}

function upgrade(later: readonly SignatureJson[], step: SignatureJson): SignatureJson[] {
  const [next, ...rest] = later;
  return isGroup(step) && next ? [makeChord(tasksOf(step), next), ...rest] : [step, ...later];
}

/** `chord(header, chain(a, b))` as `chord(header, a), b`. */
function splitStep(step: SignatureJson): readonly SignatureJson[] {
  if (!isChord(step)) return [step];
  const body = bodyOf(step);
  if (!isLedByTask(body)) return [step];
  const [first, ...rest] = stepsOf(body);
  if (!first) return [step];
  const led = { ...first, options: mergedOptions(first.options, ownOptions(body.options)) };
  return [...splitStep(withBody(step, led)), ...rest.flatMap(splitStep)];
}

/** A chain whose first step is a group cannot be split: what follows would run once for each member. */
function isLedByTask(body: SignatureJson): boolean {
  if (!isChain(body)) return false;
  const [first] = tasksOf(body);
  return first !== undefined && !isGroup(first);
}

/** Options that a chain gives to its last task, or to each, rather than to its first. */
const OF_THE_CHAIN = new Set([
  'chord',
  'group_id',
  'group_index',
  'link',
  'link_error',
  'parent_id',
  'root_id',
  'task_id',
]);

/** The options of a chain that its first task is sent with. */
export function ownOptions(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !OF_THE_CHAIN.has(name)));
}

/** A chain whose steps are split as they are to be sent; anything else as it is. */
export function splitBody(body: SignatureJson): SignatureJson {
  return isChain(body) ? withTasks(body, tasksOf(body).flatMap(splitTask)) : body;
}

function splitTask(task: SignatureJson): readonly SignatureJson[] {
  return isChain(task) ? [splitBody(task)] : splitStep(task);
}

/** Leaves the body out of the header of every chord in it: the chord itself names it, and puts it back when it is sent. */
export function withoutHeaderChords(signature: SignatureJson): SignatureJson {
  if (isChord(signature)) {
    const header = headerOf(signature).map((task) => withoutHeaderChords(withoutChord(task)));
    const bare = withHeader(signature, header);
    return withBody(withoutGroupChord(bare), withoutHeaderChords(bodyOf(signature)));
  }
  return isGroup(signature) || isChain(signature)
    ? withTasks(signature, tasksOf(signature).map(withoutHeaderChords))
    : signature;
}

function withoutGroupChord(chord: SignatureJson): SignatureJson {
  const group = headerGroup(chord);
  return group ? { ...chord, kwargs: { ...chord.kwargs, header: withoutOption(group, 'chord') } } : chord;
}

/** Takes the chord from the tasks that would report to it. */
function withoutChord(signature: SignatureJson): SignatureJson {
  const bare = withoutOption(signature, 'chord');
  if (isGroup(bare)) return withTasks(bare, tasksOf(bare).map(withoutChord));
  if (isChord(bare)) return withBody(bare, withoutChord(bodyOf(bare)));
  if (!isChain(bare)) return bare;
  const tasks = tasksOf(bare);
  return withTasks(bare, [...tasks.slice(0, -1), ...tasks.slice(-1).map(withoutChord)]);
}
