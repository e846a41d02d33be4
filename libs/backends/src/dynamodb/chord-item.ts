import { createHash } from 'node:crypto';
import type { ChordPartId } from '#celery/ports';
import { numberOf, textOf, type ReadItem } from './item.js';

/** What is known of a chord, from its counter. */
export interface Chord {
  /** Celery's `chord_count`: parts that were reported, by whomever. */
  readonly count: number;
  /** Count that completes the chord, once a worker of this package has found it out. */
  readonly size: number | undefined;
  /** Whether its header was saved, and is there for as long as nobody ends the chord. */
  readonly hasHeader: boolean;
  /** The parts that were reported here. */
  readonly parts: readonly PartName[];
  /** Whether the last report came from Python, whose worker then ends the chord. */
  readonly lastIsPython: boolean;
  /** Who ends it. */
  readonly claim: string | undefined;
  readonly ended: boolean;
}

/** A part by its task and its place, in 32 hexadecimal digits: the counter holds the names of all, and has its limits. */
export type PartName = string;

export function partName({ taskId, groupIndex }: ChordPartId): PartName {
  const digest = createHash('sha256').update(`${taskId}:${groupIndex ?? '+inf'}`);
  return digest.digest('hex').slice(0, 32);
}

export function readChord(item: ReadItem): Chord {
  const count = numberOf(item, 'chord_count') ?? 0;
  return {
    count,
    size: numberOf(item, 'chord_size'),
    hasHeader: numberOf(item, 'chord_tasks') !== undefined,
    parts: (item['chord_parts']?.BS ?? []).map((name) => Buffer.from(name).toString('hex')),
    lastIsPython: count !== (numberOf(item, 'chord_own_count') ?? 0),
    claim: textOf(item, 'chord_claim'),
    ended: textOf(item, 'chord_ended') !== undefined,
  };
}
