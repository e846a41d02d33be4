import { COMPRESSED_MAGIC, decompressRecord, EncodeError } from '#celery';
import type { Clock } from '#celery/ports';
import type { DynamoDbTable } from './dynamodb-table.js';
import { expiryAttributes, hasExpired } from './expiry.js';
import { bytes, bytesOf, number, text, type Item, type ReadItem } from './item.js';
import { itemKey } from './item-key.js';

/** A record as it was read. */
export interface FoundRecord {
  readonly text: string;
  /** Whether it only waits for its removal. */
  readonly expired: boolean;
  /** What a write of its successor has to name. */
  readonly seen: ReadItem;
}

/** What is written, and for how many seconds; null: for ever. */
export interface RecordWrite {
  readonly key: string;
  readonly record: string;
  readonly seconds: number | null;
}

/** Most that an item may have, of which the attributes beside the record take some. */
const MAX_BYTES = 409_600 - 4_096;

/** The records of Celery's DynamoDB backend by its keys: `result` in bytes, `timestamp`, and `ttl` where they expire. */
export class DynamoDbRecords {
  readonly #table: DynamoDbTable;
  readonly #clock: Clock;

  constructor(table: DynamoDbTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  async get(key: string): Promise<string | undefined> {
    const found = await this.#read(await this.#table.get(itemKey(key)));
    return found?.expired ? undefined : found?.text;
  }

  /** The records that there are, by their keys. */
  async getAll(keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const byId = new Map(keys.map((key) => [itemKey(key), key]));
    const found = new Map<string, string>();
    for (const item of await this.#table.getAll(byId.keys())) {
      const record = await this.#read(item);
      const key = byId.get(item['id']?.S ?? '');
      if (record && !record.expired && key !== undefined) found.set(key, record.text);
    }
    return found;
  }

  /** Writes a record, whatever is there. @throws (rejects) EncodeError where it is too large */
  async put(write: RecordWrite): Promise<void> {
    await this.#table.put(this.#item(write));
  }

  /**
   * Writes a record in the place of `replaced`, or of nothing. Resolves with what is there instead, or undefined: written.
   * @throws (rejects) EncodeError where it is too large
   */
  async replace(write: RecordWrite, replaced: FoundRecord | undefined): Promise<FoundRecord | undefined> {
    const seen = replaced && bytesOf(replaced.seen, 'result');
    const condition = seen
      ? { condition: '#result = :seen', values: { ':seen': { B: seen } } }
      : { condition: 'attribute_not_exists(#result)' };
    const written = await this.#table.put(this.#item(write), condition);
    return written.done ? undefined : this.#instead(write, written.item);
  }

  async delete(key: string): Promise<void> {
    await this.#table.delete(itemKey(key));
  }

  /** What was there may be gone by now: then nothing is. */
  async #instead(write: RecordWrite, item: ReadItem | undefined): Promise<FoundRecord | undefined> {
    return (await this.#read(item)) ?? this.replace(write, undefined);
  }

  #item({ key, record, seconds }: RecordWrite): Item {
    const size = Buffer.byteLength(record);
    if (size > MAX_BYTES) {
      throw new EncodeError(`its record takes ${size} bytes, and DynamoDB keeps ${MAX_BYTES} at most`, '$.result');
    }
    const now = this.#clock.now();
    return {
      id: text(itemKey(key)),
      result: bytes(record),
      timestamp: number(now / 1000),
      ...expiryAttributes(now, seconds),
    };
  }

  async #read(item: ReadItem | undefined): Promise<FoundRecord | undefined> {
    const stored = item && bytesOf(item, 'result');
    if (!stored) return undefined;
    const expired = hasExpired(item, this.#clock.now());
    return { text: await textOf(stored), expired, seen: item };
  }
}

/** From Celery 5.7 on, records may be compressed (`result_compression`). */
async function textOf(stored: Uint8Array): Promise<string> {
  const buffer = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const isCompressed = buffer.subarray(0, COMPRESSED_MAGIC.length).toString('latin1') === COMPRESSED_MAGIC;
  return isCompressed ? decompressRecord(buffer) : buffer.toString('utf8');
}
