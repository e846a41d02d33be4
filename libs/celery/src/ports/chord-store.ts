import type { ResultTuple } from './result-store.js';

/** A task that a chord waits for, and how it ended. */
export interface ChordPart {
  /** Id of the chord's header. */
  readonly groupId: string;
  /** Place in the header, from 0; null: not known, behind all others. */
  readonly groupIndex: number | null;
  readonly taskId: string;
  /** SUCCESS, FAILURE or REVOKED. */
  readonly status: string;
  /** The value; for FAILURE and REVOKED an `ExceptionInfo` or null. */
  readonly result: unknown;
}

/** How a task of a chord's header ended, as it is kept. */
export type ChordResult = Pick<ChordPart, 'taskId' | 'status' | 'result'>;

/** What a report of a part comes to. */
export type ChordCount =
  /** Parts are missing, or the chord has ended. */
  | { readonly kind: 'pending' }
  /** Another reporter is about to end the chord: to be asked again, should it not come to it. */
  | { readonly kind: 'claimed' }
  /** It was the last: its reporter ends the chord. */
  | {
      readonly kind: 'complete';
      /** In the order of the header. */
      readonly parts: readonly ChordResult[];
      /** The results as the body takes them, where groups in the header give it more than one level. */
      readonly structure?: ResultTuple;
    };

/** What is known of a chord before its parts report. */
export interface ChordStart {
  /** Parts that complete the header. */
  readonly size?: number;
  /** The header: `[[id, null], [members]]`. */
  readonly structure?: ResultTuple;
}

/** Identifies one part among those of all chords. */
export type ChordPartId = Pick<ChordPart, 'groupId' | 'groupIndex' | 'taskId'>;

/** Counts the parts of chords, together with Python workers: the `on_chord_part_return` of Celery's result backends. */
export interface ChordStore {
  /**
   * Prepares a chord for its parts: Celery's `apply_chord` and `set_chord_size`. Called with the structure before the first
   * message of the header is sent, and with the size before the last. Absent: chords can be counted here, but not started.
   */
  start?(groupId: string, start: ChordStart): void | Promise<void>;
  /**
   * Adds a task to the header of a chord under way: Celery's `add_to_chord`. Called before the task is sent, and before the part
   * that added it is reported. A task is added once, however often this is repeated. Absent: headers cannot grow here.
   */
  add?(groupId: string, taskId: string): Promise<void>;
  /**
   * Counts a part. A task counts once, by its first report. Repeated by the reporter that was told `complete`, it answers the
   * same until {@link end} was called; whoever else repeats theirs meanwhile is told `claimed`.
   */
  report(part: ChordPart): Promise<ChordCount>;
  /**
   * Called by the reporter that was told `complete`, once the body is sent (`sent`), or once the chord has `failed` and all that
   * follows from it is done: from here on no report completes the chord again.
   */
  end(part: ChordPartId, ending: 'sent' | 'failed'): Promise<void>;
}
