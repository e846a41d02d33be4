import fc from 'fast-check';
import { isTheSameEverywhere } from './left-out.js';

/** Queue of a task: that of one fleet, or the one that both consume. */
export type Executor = 'python' | 'nest' | 'both';

/** What a task makes of its arguments. */
export type Work = 'text' | 'list' | 'count' | 'odd' | 'map' | 'starmap' | 'fail';

export interface DrawnTask {
  readonly kind: 'task';
  readonly work: Work;
  readonly executor: Executor;
  readonly immutable: boolean;
  /** Whether a callback is linked to it, and where that runs. */
  readonly linked: Executor | undefined;
  /** Whether its first delete is lost: the message comes again. */
  readonly again: boolean;
}

export type Drawn =
  | DrawnTask
  /** `raw`: sent as it is, so that whoever sends it makes a chord of a group and what follows it. */
  | { readonly kind: 'chain'; readonly steps: readonly Drawn[]; readonly raw: boolean }
  | { readonly kind: 'group'; readonly members: readonly Drawn[] }
  | { readonly kind: 'chord'; readonly header: readonly Drawn[]; readonly body: Drawn };

/** A canvas, and who starts it. */
export interface DrawnCanvas {
  readonly root: Drawn;
  readonly starter: 'python' | 'nest';
  /** Where an errback of the whole runs; undefined: it has none. */
  readonly errback: Executor | undefined;
}

const MOST_TASKS = 12;

const executors = fc.constantFrom<Executor>('python', 'nest', 'both');

const task: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constant('task'),
  work: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Work>('text') },
    { weight: 2, arbitrary: fc.constant<Work>('list') },
    { weight: 2, arbitrary: fc.constant<Work>('count') },
    { weight: 1, arbitrary: fc.constantFrom<Work>('odd', 'map', 'starmap') },
  ),
  executor: executors,
  immutable: fc.nat(5).map((one) => one === 0),
  linked: fc.nat(9).chain((one) => (one === 0 ? executors : fc.constant(undefined))),
  again: fc.nat(5).map((one) => one === 0),
});

/** Signatures of at most so many levels. */
function drawnOf(levels: number): fc.Arbitrary<Drawn> {
  if (levels <= 1) return task;
  const below = fc.oneof({ weight: 2, arbitrary: drawnOf(levels - 1) }, { weight: 1, arbitrary: task });
  const some = (minLength: number) => fc.array(below, { minLength, maxLength: 3 });
  return fc.oneof(
    fc.record({ kind: fc.constant('chain'), steps: some(2), raw: fc.boolean() }).filter(isTheSameEverywhere),
    fc.record({ kind: fc.constant('group'), members: some(1) }).filter(isTheSameEverywhere),
    fc.record({ kind: fc.constant('chord'), header: some(1), body: below }),
  );
}

/** Random canvases; two of five have a task that fails, and an errback. */
export const drawnCanvas: fc.Arbitrary<DrawnCanvas> = fc
  .record({
    root: fc
      .integer({ min: 3, max: 5 })
      .chain(drawnOf)
      .filter((root) => tasksOf(root).length <= MOST_TASKS),
    starter: fc.constantFrom<'python' | 'nest'>('python', 'nest'),
    errback: executors,
    fails: fc.nat(9).map((one) => one < 4),
    place: fc.nat(),
  })
  .map(({ root, starter, errback, fails, place }) => {
    if (!fails) return { root, starter, errback: undefined };
    const tasks = tasksOf(root);
    const failing = tasks[place % tasks.length];
    return { root: replaced(root, (one) => (one === failing ? { ...one, work: 'fail' } : one)), starter, errback };
  });

export function isTask(drawn: Drawn): drawn is DrawnTask {
  return drawn.kind === 'task';
}

/** What a signature consists of. */
export function partsOf(drawn: Drawn): readonly Drawn[] {
  switch (drawn.kind) {
    case 'task':
      return [];
    case 'chain':
      return drawn.steps;
    case 'group':
      return drawn.members;
    case 'chord':
      return [...drawn.header, drawn.body];
  }
}

export function tasksOf(drawn: Drawn): readonly DrawnTask[] {
  return drawn.kind === 'task' ? [drawn] : partsOf(drawn).flatMap(tasksOf);
}

/** Levels of a signature; a task has one. */
export function depthOf(drawn: Drawn): number {
  return 1 + Math.max(0, ...partsOf(drawn).map(depthOf));
}

/** Whether there is a chord in it: one that was written, or one that a group and what follows it become. */
export function hasChord(drawn: Drawn): boolean {
  const upgraded = drawn.kind === 'chain' && drawn.steps.slice(0, -1).some(({ kind }) => kind === 'group');
  return drawn.kind === 'chord' || upgraded || partsOf(drawn).some(hasChord);
}

function replaced(drawn: Drawn, change: (task: DrawnTask) => DrawnTask): Drawn {
  const inside = (parts: readonly Drawn[]): Drawn[] => parts.map((part) => replaced(part, change));
  switch (drawn.kind) {
    case 'task':
      return change(drawn);
    case 'chain':
      return { ...drawn, steps: inside(drawn.steps) };
    case 'group':
      return { ...drawn, members: inside(drawn.members) };
    case 'chord':
      return { ...drawn, header: inside(drawn.header), body: replaced(drawn.body, change) };
  }
}
