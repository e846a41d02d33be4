import {
  decodeChordPart,
  decodeTaskMeta,
  encodeChordPart,
  READY_STATES,
  type JsonTypes,
  type ResultKeys,
} from '#celery';
import type { ChordPart, ChordResult, Clock, ResultTuple } from '#celery/ports';
import { partName, type PartName } from './chord-item.js';
import { tasksOf } from './chord-structure.js';
import type { DynamoDbRecords } from './dynamodb-records.js';
import type { DynamoDbTable } from './dynamodb-table.js';
import { ALIVE, expiryAttributes, nowValue } from './expiry.js';
import { bytes, bytesOf, number, numberOf, text, type ReadItem } from './item.js';
import { itemKey } from './item-key.js';

export interface ChordPartsInit {
  readonly table: DynamoDbTable;
  readonly records: DynamoDbRecords;
  readonly keys: ResultKeys;
  readonly clock: Clock;
  /** Seconds for which parts are kept; null: for ever. */
  readonly expires: number | null;
  readonly types?: JsonTypes | undefined;
}

/** A part that was reported here. */
interface OwnPart {
  readonly place: number;
  readonly part: ChordResult;
}

/** How the tasks of headers ended: as it was reported here first, or else as the result backend has it. */
export class ChordParts {
  readonly #init: ChordPartsInit;

  constructor(init: ChordPartsInit) {
    this.#init = init;
  }

  /** Keeps a part, unless one of the same task and place is kept. @throws (rejects) EncodeError */
  async keep(part: ChordPart): Promise<void> {
    const { table, clock, expires, types } = this.#init;
    const now = clock.now();
    const item = {
      id: text(this.#id(part.groupId, partName(part))),
      result: bytes(encodeChordPart(part, types)),
      timestamp: number(now / 1000),
      ...(part.groupIndex !== null && { group_index: number(part.groupIndex) }),
      ...expiryAttributes(now, expires),
    };
    await table.put(item, { condition: `attribute_not_exists(#id) OR NOT ${ALIVE}`, values: nowValue(now) });
  }

  /**
   * All parts of a header in its order, or in that of their places where it is not known. Undefined: of some task nothing is known
   * yet, as when a Python worker has reported another twice.
   */
  async gather(
    groupId: string,
    names: readonly PartName[],
    header: ResultTuple | undefined,
  ): Promise<readonly ChordResult[] | undefined> {
    const own = await this.#own(groupId, names);
    if (!header) return own.map(({ part }) => part);
    const byTask = new Map<string, ChordResult[]>();
    for (const { part } of own) byTask.set(part.taskId, [...(byTask.get(part.taskId) ?? []), part]);
    const tasks = tasksOf(header);
    const others = await this.#stored(tasks.filter((id) => !byTask.has(id)));
    const parts = tasks.flatMap((id) => take(byTask.get(id)) ?? others.get(id) ?? []);
    return parts.length === tasks.length ? parts : undefined;
  }

  async remove(groupId: string, names: readonly PartName[]): Promise<void> {
    await this.#init.table.deleteAll(names.map((name) => this.#id(groupId, name)));
  }

  /** In the order of their places; those without one behind all others. */
  async #own(groupId: string, names: readonly PartName[]): Promise<readonly OwnPart[]> {
    const items = await this.#init.table.getAll(names.map((name) => this.#id(groupId, name)));
    const own = items.flatMap((item) => this.#read(item, groupId) ?? []);
    return own.toSorted((one, other) => one.place - other.place || compare(one.part.taskId, other.part.taskId));
  }

  #read(item: ReadItem, groupId: string): OwnPart | undefined {
    const stored = bytesOf(item, 'result');
    if (!stored) return undefined;
    const part = decodeChordPart(Buffer.from(stored).toString('utf8'), groupId, this.#init.types);
    return { place: numberOf(item, 'group_index') ?? Number.MAX_VALUE, part };
  }

  /** What Python's workers have stored before they reported. */
  async #stored(taskIds: readonly string[]): Promise<ReadonlyMap<string, ChordResult>> {
    const { records, keys, types } = this.#init;
    const found = await records.getAll(taskIds.map((id) => keys.task(id)));
    const metas = taskIds.flatMap((id) => {
      const record = found.get(keys.task(id));
      return record === undefined ? [] : { ...decodeTaskMeta(record, id, types), taskId: id };
    });
    const ready = metas.filter(({ status }) => READY_STATES.has(status));
    return new Map(ready.map(({ taskId, status, result }) => [taskId, { taskId, status, result }]));
  }

  #id(groupId: string, name: PartName): string {
    return itemKey(`${this.#init.keys.chord(groupId)}.${name}`);
  }
}

/** One task may stand at several places of a header. */
function take(parts: ChordResult[] | undefined): ChordResult | undefined {
  return parts && parts.length > 1 ? parts.shift() : parts?.[0];
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
