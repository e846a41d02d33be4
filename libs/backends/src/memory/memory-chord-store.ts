import { decodeChordPart, encodeChordPart, type JsonTypes } from '#celery';
import type { ChordCount, ChordPart, ChordPartId, ChordStart, ChordStore, Clock, ResultTuple } from '#celery/ports';
import { nestedStructure } from '../nested-structure.js';
import { ExpiringMap } from './expiring-map.js';

export interface MemoryChordStoreInit {
  readonly clock: Clock;
  /** Seconds for which the parts are kept; null: for ever. */
  readonly expires: number | null;
  /** Bytes that the parts together may take (two a character); the oldest chords give way. */
  readonly maxBytes: number;
  /** Types of values beyond the built-in ones. */
  readonly types?: JsonTypes | undefined;
}

/** A part by its task and place. */
interface Counted {
  readonly groupIndex: number | null;
  readonly text: string;
}

/** What is known of one chord. */
interface Chord {
  /** Added to in place: a header may be long. */
  readonly parts: Map<string, Counted>;
  readonly bytes: number;
  readonly size?: number | undefined;
  readonly structure?: ResultTuple | undefined;
  /** Ids of the tasks that were added to its header. */
  readonly added?: ReadonlySet<string> | undefined;
  /** Who ends it. */
  readonly owner?: string | undefined;
  readonly done?: boolean;
}

/** What a chord takes beside the text of its parts, and each part, roughly. */
const ENTRY_BYTES = 300;

/** Chords counted in the memory of this process, as Redis counts them for all. */
export class MemoryChordStore implements ChordStore {
  readonly #chords: ExpiringMap<Chord>;
  readonly #expires: number | null;
  readonly #types: JsonTypes | undefined;

  constructor({ clock, expires, maxBytes, types }: MemoryChordStoreInit) {
    this.#chords = new ExpiringMap({ clock, maxWeight: maxBytes, weigh: ({ bytes }) => bytes });
    this.#expires = expires;
    this.#types = types;
  }

  /** How many parts complete a chord, and, where groups are in its header, the structure of their results. */
  start(groupId: string, { size, structure: header }: ChordStart): void {
    const structure = nestedStructure(header);
    const { parts, bytes, ...known } = this.#get(groupId);
    this.#set(groupId, {
      parts,
      bytes,
      added: known.added,
      size: size ?? known.size,
      structure: structure ?? known.structure,
    });
  }

  async add(groupId: string, taskId: string): Promise<void> {
    const chord = this.#get(groupId);
    if (!chord.done) this.#set(groupId, { ...chord, added: new Set(chord.added).add(taskId) });
  }

  async report(part: ChordPart): Promise<ChordCount> {
    const { groupId } = part;
    const text = encodeChordPart(part, this.#types);
    const before = this.#get(groupId);
    if (before.done) return { kind: 'pending' };
    const owner = nameOf(part);
    const chord = counting(before, part, text);
    const isWhole = chord.size !== undefined && chord.parts.size === chord.size + (chord.added?.size ?? 0);
    const isOurs = chord.owner === undefined || chord.owner === owner;
    this.#set(groupId, isWhole && isOurs ? { ...chord, owner } : chord);
    if (!isWhole) return { kind: 'pending' };
    return isOurs ? this.#complete(groupId, chord) : { kind: 'claimed' };
  }

  async end(part: ChordPartId, ending: 'sent' | 'failed'): Promise<void> {
    const { parts, bytes, owner } = this.#get(part.groupId);
    if (owner !== undefined && owner !== nameOf(part)) return;
    this.#set(part.groupId, ending === 'sent' ? { ...nothing(), done: true } : { parts, bytes });
  }

  #complete(groupId: string, { parts, structure }: Chord): ChordCount {
    const inOrder = [...parts.values()].toSorted((one, other) => placeOf(one) - placeOf(other));
    const read = inOrder.map(({ text }) => decodeChordPart(text, groupId, this.#types));
    return { kind: 'complete', parts: read, ...(structure && { structure }) };
  }

  #get(groupId: string): Chord {
    return this.#chords.get(groupId) ?? nothing();
  }

  #set(groupId: string, chord: Chord): void {
    this.#chords.set(groupId, chord, this.#expires);
  }
}

/** A place behind all others compares with its like. */
function placeOf({ groupIndex }: Pick<Counted, 'groupIndex'>): number {
  return groupIndex ?? Number.MAX_VALUE;
}

function nameOf({ taskId, groupIndex }: ChordPartId): string {
  return `${taskId}:${groupIndex ?? '+inf'}`;
}

function nothing(): Chord {
  return { parts: new Map(), bytes: ENTRY_BYTES };
}

/** A part counts by its first report. */
function counting(chord: Chord, part: ChordPart, text: string): Chord {
  const name = nameOf(part);
  if (chord.parts.has(name)) return chord;
  chord.parts.set(name, { groupIndex: part.groupIndex, text });
  return { ...chord, bytes: chord.bytes + 2 * text.length + ENTRY_BYTES };
}
