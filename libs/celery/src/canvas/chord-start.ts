import type { ChordStart } from '../ports/chord-store.js';
import type { ResultStore } from '../ports/result-store.js';
import type { CanvasAction, PlanContext } from './plan-canvas.js';

/** How the end of a chord's header is noticed with a result store: one that starts no chords has them polled for. */
export function chordsOf(store: Pick<ResultStore, 'chords'> | undefined): PlanContext['chords'] {
  if (!store) return undefined;
  return store.chords?.start ? 'counted' : 'unlock';
}

/** What the store is told of a chord by an action. */
export function chordStartOf(action: Exclude<CanvasAction, { readonly kind: 'publish' }>): ChordStart {
  return action.kind === 'setChordSize'
    ? { size: action.size }
    : { structure: [[action.groupId, null], action.results] };
}
