import type { MessageOf, ResultStore } from '#celery';
import { ChordCalls } from './chord-calls.js';
import { Chords } from './chords.js';
import type { WorkerEvents } from '../events.js';
import { Continuations } from '../continuations.js';
import { FollowUps, type FollowUpDeps } from '../follow-ups.js';
import { WorkflowCalls } from '../workflow-calls.js';

export interface FollowingDeps extends Omit<FollowUpDeps, 'chordCalls'> {
  /** Undefined: results are disabled. */
  readonly store: ResultStore | undefined;
  readonly events: Pick<WorkerEvents, 'emit'>;
  /** What stands for an error's message. Default: the message. */
  readonly messageOf?: MessageOf | undefined;
}

/** What follows tasks, and chords where the result store counts their parts. */
export function following({ store, events, messageOf, ...deps }: FollowingDeps): {
  readonly followUps: FollowUps;
  readonly chords: Chords | undefined;
  readonly continuations: Continuations;
} {
  const counts = store?.chords;
  const workflows = new WorkflowCalls({ ...deps, store });
  const continuations = new Continuations({ workflows, counts, clock: deps.clock });
  if (!store) return { followUps: new FollowUps(deps), chords: undefined, continuations };
  if (!counts) {
    return { followUps: new FollowUps({ ...deps, chordCalls: polled(workflows) }), chords: undefined, continuations };
  }
  const calls = new ChordCalls(workflows);
  const chords = new Chords({ store, counts, calls, events, clock: deps.clock, messageOf });
  return { followUps: new FollowUps({ ...deps, chordCalls: calls }), chords, continuations };
}

/** A task of a header has nothing to do but to store its result: `celery.chord_unlock` sends what follows the chord. */
function polled(workflows: WorkflowCalls): NonNullable<FollowUpDeps['chordCalls']> {
  return { workflows, canEnd: () => true, canFail: () => true };
}
