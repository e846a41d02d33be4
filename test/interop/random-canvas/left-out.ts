import type { Drawn } from './drawn-canvas.js';

/**
 * Whether all fleets give the same for a signature. Not drawn is what Celery itself gives at random or gets wrong:
 *
 * - A chain that begins with a group and that nobody has joined yet: as the body of a chord, or behind another step, Celery makes a
 *   chord of it when it sends it, and loses the arguments. `chain()` makes that chord at once, on both sides.
 * - A chord whose body is a group, with a chord behind it: each member of the group sends what follows, under the same id.
 * - A group in a group, alone: at the end of a chain Celery takes one level of it away, Nest all. Python's `group()` never makes one.
 */
export function isTheSameEverywhere(drawn: Drawn): boolean {
  switch (drawn.kind) {
    case 'chain':
      return !(drawn.raw && beginsWithGroup(drawn)) && !sendsRestFromGroup(drawn.steps, drawn.raw);
    case 'group':
      return drawn.members.length > 1 || drawn.members[0]?.kind !== 'group';
    default:
      return true;
  }
}

function beginsWithGroup(drawn: Drawn | undefined): boolean {
  return drawn?.kind === 'chain' ? beginsWithGroup(drawn.steps[0]) : drawn?.kind === 'group';
}

function sendsRestFromGroup(steps: readonly Drawn[], raw: boolean): boolean {
  return steps.some((step, index) => {
    const next = steps[index + 1];
    return next !== undefined && endsInBodyOfGroup(step) && (raw || beginsWithChord(next));
  });
}

/** A group in a group, or what a chain of a group and a task becomes, is one as well. */
function beginsWithChord(drawn: Drawn | undefined): boolean {
  if (drawn?.kind === 'chain') return drawn.steps[0]?.kind === 'group' || beginsWithChord(drawn.steps[0]);
  return drawn?.kind === 'chord';
}

function endsInBodyOfGroup(drawn: Drawn | undefined): boolean {
  if (drawn?.kind === 'chain') return endsInBodyOfGroup(drawn.steps.at(-1));
  return drawn?.kind === 'chord' && endsInGroup(drawn.body);
}

function endsInGroup(drawn: Drawn | undefined): boolean {
  if (drawn?.kind === 'chain') return endsInGroup(drawn.steps.at(-1));
  return drawn?.kind === 'group' || endsInBodyOfGroup(drawn);
}
