import type { JsonTypes, ResultKeys } from '#celery';
import type { ChordCount, ChordPart, ChordPartId, ChordStart, ChordStore, Clock, GroupStore } from '#celery/ports';
import { nestedStructure } from '../nested-structure.js';
import { ChordCounter } from './chord-counter.js';
import type { Chord } from './chord-item.js';
import { ChordParts } from './chord-parts.js';
import { headerSize, type HeaderSize } from './chord-structure.js';
import type { DynamoDbRecords } from './dynamodb-records.js';
import type { DynamoDbTable } from './dynamodb-table.js';

export interface DynamoDbChordStoreInit {
  readonly table: DynamoDbTable;
  readonly records: DynamoDbRecords;
  readonly groups: GroupStore;
  readonly keys: ResultKeys;
  readonly clock: Clock;
  /** Seconds for which parts are kept; null: for ever. */
  readonly expires: number | null;
  /** Types of values beyond the built-in ones. */
  readonly types?: JsonTypes | undefined;
}

/**
 * Celery's counting of chords in DynamoDB: the saved group and the counter `chord-unlock-<id>`, so that some of a chord's parts may
 * run in Python. What Python reports is an increment without a name: the results of those parts are read from the backend.
 */
export class DynamoDbChordStore implements ChordStore {
  readonly #groups: GroupStore;
  readonly #counter: ChordCounter;
  readonly #parts: ChordParts;

  constructor(init: DynamoDbChordStoreInit) {
    this.#groups = init.groups;
    this.#counter = new ChordCounter(init);
    this.#parts = new ChordParts(init);
  }

  /** @throws (rejects) BackendError */
  async start(groupId: string, { size, structure }: ChordStart): Promise<void> {
    if (structure) {
      await this.#groups.save(structure);
      await this.#counter.start(groupId, headerSize(structure));
    } else if (size !== undefined) {
      await this.#counter.expect(groupId, size);
    }
  }

  /** @throws (rejects) BackendError @throws (rejects) EncodeError @throws (rejects) DecodeError */
  async report(part: ChordPart): Promise<ChordCount> {
    const { groupId } = part;
    await this.#parts.keep(part);
    const { chord, isNew } = await this.#counter.count(part, () => this.#sizeOf(groupId));
    if (chord.ended || chord.size === undefined || chord.count < chord.size) return { kind: 'pending' };
    if (!isNew && chord.lastIsPython && chord.claim === undefined) {
      await this.#counter.leaveToPython(part);
      return { kind: 'claimed' };
    }
    return this.#complete(part, chord);
  }

  /** @throws (rejects) BackendError */
  async end(part: ChordPartId, _ending: 'sent' | 'failed'): Promise<void> {
    const { groupId } = part;
    const names = await this.#counter.end(part);
    if (!names) return;
    // The counter last: while it is there, it says that the chord has ended.
    await this.#groups.remove(groupId);
    await this.#parts.remove(groupId, names);
    await this.#counter.remove(groupId);
  }

  async #sizeOf(groupId: string): Promise<HeaderSize | undefined> {
    const header = await this.#groups.restore(groupId);
    return header && headerSize(header);
  }

  async #complete(part: ChordPart, chord: Chord): Promise<ChordCount> {
    const header = await this.#groups.restore(part.groupId);
    // A Python worker that ends the chord removes the header before the counter.
    if (!header && chord.hasHeader) return { kind: 'pending' };
    const parts = await this.#parts.gather(part.groupId, chord.parts, header);
    if (!parts) return { kind: 'pending' };
    const claim = await this.#counter.claim(part);
    if (claim !== 'ours') return { kind: claim === 'claimed' ? 'claimed' : 'pending' };
    const structure = nestedStructure(header);
    return { kind: 'complete', parts, ...(structure && { structure }) };
  }
}
