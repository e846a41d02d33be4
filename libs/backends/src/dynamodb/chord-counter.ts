import type { ResultKeys } from '#celery';
import type { ChordPartId, Clock } from '#celery/ports';
import { BackendError } from '../errors.js';
import { partName, readChord, type Chord, type PartName } from './chord-item.js';
import type { HeaderSize } from './chord-structure.js';
import type { DynamoDbTable, Written } from './dynamodb-table.js';
import { ALIVE, expiryAttributes, hasExpired, nowValue } from './expiry.js';
import { number, numberOf, text, type Item, type ReadItem } from './item.js';
import { itemKey } from './item-key.js';

export interface ChordCounterInit {
  readonly table: DynamoDbTable;
  readonly keys: Pick<ResultKeys, 'chord'>;
  readonly clock: Clock;
  /** Seconds for which a chord is kept after its last report; null: for ever. */
  readonly expires: number | null;
}

/**
 * Seconds for which a chord is left to the reporter that was told `complete`. If it dies, its own part, redelivered, goes on at
 * once; another part does after this time.
 */
const CLAIM_SECONDS = 60;

/** Claims in the name of a Python worker, which claims nothing itself. */
const PYTHON = 'python';

const MAX_ROUNDS = 10;

/** A chord with a part counted. `isNew`: by this very call. */
export interface Counted {
  readonly chord: Chord;
  readonly isNew: boolean;
}

/**
 * The counters of chords: Celery's item with its `chord_count`, and beside it what this package needs to count a part once. All of
 * it is one item, changed by one update: a transaction over several would make the plain increment of a Python worker fail while it
 * lasts (`TransactionConflictException`), and Celery does not try that again.
 */
export class ChordCounter {
  readonly #init: ChordCounterInit;

  constructor(init: ChordCounterInit) {
    this.#init = init;
  }

  /**
   * Begins to count, anew. Python takes a header for complete when as many parts have reported as it has members, though groups
   * among them report more: its count starts below 0 by what there is more.
   */
  async start(groupId: string, { members, tasks }: HeaderSize): Promise<void> {
    await this.#init.table.put({
      id: text(this.#id(groupId)),
      chord_count: number(members - tasks),
      chord_own_count: number(members - tasks),
      chord_size: number(members),
      chord_tasks: number(tasks),
      ...this.#times(),
    });
  }

  /** Says how many parts complete a chord whose header is not known. */
  async expect(groupId: string, size: number): Promise<void> {
    const { change, values } = this.#touched();
    await this.#init.table.update(
      this.#id(groupId),
      `SET #chord_size = if_not_exists(#chord_size, :size), #chord_count = if_not_exists(#chord_count, :zero), ${change}`,
      { values: { ...values, ':size': number(size), ':zero': number(0) } },
    );
  }

  /**
   * Counts a part once. Of a chord that Python has started the first report here notes the size as well, in the same step: from
   * then on Python's workers too wait for the members of groups (see {@link start}).
   *
   * @param sizeOfHeader asked for when the size is not known
   */
  async count(part: ChordPartId, sizeOfHeader: () => Promise<HeaderSize | undefined>): Promise<Counted> {
    let written = await this.#increment(part, 'known');
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (written.done) return { chord: readChord(written.item), isNew: true };
      const { item } = written;
      const isExpired = item !== undefined && hasExpired(item, this.#init.clock.now());
      const chord = item && !isExpired ? readChord(item) : undefined;
      if (chord && (chord.ended || chord.parts.includes(partName(part)))) return { chord, isNew: false };
      if (isExpired) written = await this.#countAnew(part, item);
      else written = await this.#increment(part, await sizeToNote(chord, sizeOfHeader));
    }
    throw new BackendError(`Chord ${part.groupId} is changed by others faster than its parts can be counted`);
  }

  /** Claims to end a chord that is complete. */
  async claim(part: ChordPartId): Promise<'ours' | 'claimed' | 'ended'> {
    const written = await this.#claimAs(part.groupId, partName(part));
    if (written.done) return 'ours';
    return written.item && !readChord(written.item).ended ? 'claimed' : 'ended';
  }

  /** Leaves a complete chord to the Python worker whose report was the last, for as long as it may take to end it. */
  async leaveToPython({ groupId }: ChordPartId): Promise<void> {
    await this.#claimAs(groupId, PYTHON);
  }

  /** From here on no report completes the chord. Gives the parts that were reported here, or undefined: it is another's to end. */
  async end(part: ChordPartId): Promise<readonly PartName[] | undefined> {
    const written = await this.#init.table.update(this.#id(part.groupId), 'SET #chord_ended = :yes', {
      condition: 'attribute_exists(#chord_count) AND (attribute_not_exists(#chord_claim) OR #chord_claim = :claim)',
      values: { ':yes': text('yes'), ':claim': text(partName(part)) },
    });
    return written.done ? readChord(written.item).parts : undefined;
  }

  async remove(groupId: string): Promise<void> {
    await this.#init.table.delete(this.#id(groupId));
  }

  /** @param size to be noted: that of the header, or undefined where that is not known; `known`: it must have been noted already */
  #increment(part: ChordPartId, size: HeaderSize | 'known' | undefined): Promise<Written> {
    const { change, values } = this.#touched();
    const name = Buffer.from(partName(part), 'hex');
    const isNoted = size === 'known' || size === undefined;
    const counted = 'if_not_exists(#chord_count, :zero) + :more';
    const noted = isNoted ? '' : ', #chord_size = :size, #chord_tasks = :tasks';
    const about = size === 'known' ? 'attribute_exists' : 'attribute_not_exists';
    return this.#init.table.update(
      this.#id(part.groupId),
      `SET #chord_count = ${counted}, #chord_own_count = ${counted}, ${change}${noted} ADD #chord_parts :parts`,
      {
        condition: `NOT contains(#chord_parts, :part) AND attribute_not_exists(#chord_ended) AND ${about}(#chord_size) AND ${ALIVE}`,
        values: {
          ...values,
          ...nowValue(this.#init.clock.now()),
          ...(!isNoted && { ':size': number(size.members), ':tasks': number(size.tasks) }),
          ':zero': number(0),
          ':more': number(isNoted ? 1 : 1 + size.members - size.tasks),
          ':part': { B: name },
          ':parts': { BS: [name] },
        },
      },
    );
  }

  /** DynamoDB removes what has expired late: until then it stands in the way of a new count. */
  #countAnew(part: ChordPartId, expired: ReadItem): Promise<Written> {
    const one = { chord_count: number(1), chord_own_count: number(1) };
    const parts = { chord_parts: { BS: [Buffer.from(partName(part), 'hex')] } };
    const item = { id: text(this.#id(part.groupId)), ...one, ...parts, ...this.#times() };
    return this.#init.table
      .put(item, {
        condition: '#expires_at = :seen',
        values: { ':seen': number(numberOf(expired, 'expires_at') ?? 0) },
      })
      .then((written) => (written.done ? { done: true, item } : written));
  }

  #claimAs(groupId: string, claim: string): Promise<Written> {
    const now = this.#init.clock.now();
    const free = 'attribute_not_exists(#chord_claim) OR #chord_claim = :claim OR #chord_claim_until <= :now';
    return this.#init.table.update(this.#id(groupId), 'SET #chord_claim = :claim, #chord_claim_until = :until', {
      condition: `attribute_exists(#chord_count) AND attribute_not_exists(#chord_ended) AND (${free})`,
      values: { ...nowValue(now), ':claim': text(claim), ':until': number(now / 1000 + CLAIM_SECONDS) },
    });
  }

  #times(): Item {
    const now = this.#init.clock.now();
    return { timestamp: number(now / 1000), ...expiryAttributes(now, this.#init.expires) };
  }

  /** The part of an update that says when it was made, and keeps the item for as long as is said. */
  #touched(): { readonly change: string; readonly values: Item } {
    const entries = Object.entries(this.#times());
    return {
      change: entries.map(([name]) => `#${name} = :${name}`).join(', '),
      values: Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
    };
  }

  #id(groupId: string): string {
    return itemKey(this.#init.keys.chord(groupId));
  }
}

/** None where Python has taken the chord for complete already: it is Python's to end. */
async function sizeToNote(
  chord: Chord | undefined,
  sizeOfHeader: () => Promise<HeaderSize | undefined>,
): Promise<HeaderSize | 'known' | undefined> {
  if (chord?.size !== undefined) return 'known';
  const size = await sizeOfHeader();
  return size && (chord?.count ?? 0) < size.members ? size : undefined;
}
