import type { ResultStore } from '#celery';
import { ChordCalls } from './chord-calls.js';
import { Chords } from './chords.js';
import type { WorkerEvents } from '../events.js';
import { FollowUps, type FollowUpDeps } from '../follow-ups.js';

export interface FollowingDeps extends Omit<FollowUpDeps, 'chordCalls'> {
  /** Undefined: results are disabled. */
  readonly store: ResultStore | undefined;
  readonly events: Pick<WorkerEvents, 'emit'>;
}

/** What follows tasks, and chords where the result store counts their parts. */
export function following({ store, events, ...deps }: FollowingDeps): {
  readonly followUps: FollowUps;
  readonly chords: Chords | undefined;
} {
  const counts = store?.chords;
  if (!store || !counts) return { followUps: new FollowUps(deps), chords: undefined };
  const calls = new ChordCalls({ ...deps, counts });
  const chords = new Chords({ store, counts, calls, events, clock: deps.clock });
  return { followUps: new FollowUps({ ...deps, chordCalls: calls }), chords };
}
