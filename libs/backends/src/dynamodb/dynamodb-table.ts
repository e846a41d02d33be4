import { sleep } from '#celery/ports';
import { BackendError } from '../errors.js';
import { refusedItem } from './dynamodb-failure.js';
import type { DynamoDbLink } from './dynamodb-link.js';
import type { DynamoDbPackage } from './dynamodb-package.js';
import { namesIn, text, type Item, type ReadItem } from './item.js';

/** What must be true of an item for it to be written; a change needs values without that too. */
export interface Condition {
  readonly condition?: string;
  readonly values?: Item;
}

/** What becomes of a conditional write. */
export type Written =
  /** `item`: as it is now, of an update. */
  | { readonly done: true; readonly item: ReadItem }
  /** `item`: what is there instead. */
  | { readonly done: false; readonly item: ReadItem | undefined };

/** Most that DynamoDB takes at once. */
const KEYS_PER_GET = 100;
const KEYS_PER_WRITE = 25;
/** What DynamoDB leaves of a batch, when it is short of capacity, is asked for again after this long, doubling. */
const AGAIN_MS = 50;
const MAX_ROUNDS = 8;

/** A table in Celery's shape: items by their `id`. Everything is read as it was last written. */
export class DynamoDbTable {
  readonly #link: DynamoDbLink;

  constructor(link: DynamoDbLink) {
    this.#link = link;
  }

  async get(id: string): Promise<ReadItem | undefined> {
    const answer = await this.#link.request('GetItem', ({ GetItemCommand }) => {
      return new GetItemCommand({ ...this.#place(id), ConsistentRead: true });
    });
    return (answer as { readonly Item?: ReadItem }).Item;
  }

  /** Those that are there, in no order. */
  async getAll(ids: Iterable<string>): Promise<readonly ReadItem[]> {
    const keys = [...new Set(ids)].map((id): Item => ({ id: text(id) }));
    const found: ReadItem[] = [];
    for (const some of chunksOf(keys, KEYS_PER_GET)) {
      await this.#untilNothingIsLeft('BatchGetItem', some, async (left) => {
        const { items, rest } = await this.#getSome(left);
        found.push(...items);
        return rest;
      });
    }
    return found;
  }

  /** Writes a whole item in the place of what is there. */
  async put(item: Item, { condition, values }: Condition = {}): Promise<Written> {
    return this.#write('PutItem', ({ PutItemCommand }) => {
      return new PutItemCommand({ TableName: this.#name, Item: item, ...conditional(condition, values, condition) });
    });
  }

  /** Changes an item, or makes one where there is none: `condition` says whether it may. */
  async update(id: string, change: string, { condition, values }: Condition = {}): Promise<Written> {
    return this.#write('UpdateItem', ({ UpdateItemCommand }) => {
      return new UpdateItemCommand({
        ...this.#place(id),
        UpdateExpression: change,
        ReturnValues: 'ALL_NEW',
        ...conditional(condition, values, condition, change),
      });
    });
  }

  async delete(id: string): Promise<void> {
    await this.#link.request('DeleteItem', ({ DeleteItemCommand }) => new DeleteItemCommand(this.#place(id)));
  }

  async deleteAll(ids: readonly string[]): Promise<void> {
    const requests = ids.map((id) => ({ DeleteRequest: { Key: { id: text(id) } } }));
    for (const some of chunksOf(requests, KEYS_PER_WRITE)) {
      await this.#untilNothingIsLeft('BatchWriteItem', some, async (left) => {
        const answer = await this.#link.request('BatchWriteItem', ({ BatchWriteItemCommand }) => {
          return new BatchWriteItemCommand({ RequestItems: { [this.#name]: left } });
        });
        return (answer as WrittenBatch<(typeof left)[number]>).UnprocessedItems?.[this.#name] ?? [];
      });
    }
  }

  async #getSome(keys: Item[]): Promise<{ readonly items: readonly ReadItem[]; readonly rest: Item[] }> {
    const answer = await this.#link.request('BatchGetItem', ({ BatchGetItemCommand }) => {
      return new BatchGetItemCommand({ RequestItems: { [this.#name]: { Keys: keys, ConsistentRead: true } } });
    });
    const { Responses, UnprocessedKeys } = answer as GotBatch;
    return { items: Responses?.[this.#name] ?? [], rest: UnprocessedKeys?.[this.#name]?.Keys ?? [] };
  }

  async #untilNothingIsLeft<One>(operation: string, all: One[], ask: (some: One[]) => Promise<One[]>): Promise<void> {
    let left = all;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      left = await ask(left);
      if (left.length === 0) return;
      await sleep(this.#link.clock, AGAIN_MS * 2 ** round);
    }
    throw new BackendError(`${this.#link.url.shown}: ${operation} failed: the table has too little capacity`);
  }

  async #write(operation: string, make: (dynamoDb: DynamoDbPackage) => object): Promise<Written> {
    const answer = await this.#link.request(operation, make, (error) => {
      const refused = refusedItem(error);
      return refused && { done: false, ...refused };
    });
    if ('done' in answer) return answer as Written;
    return { done: true, item: (answer as { readonly Attributes?: ReadItem }).Attributes ?? {} };
  }

  get #name(): string {
    return this.#link.url.table;
  }

  #place(id: string): { readonly TableName: string; readonly Key: Item } {
    return { TableName: this.#name, Key: { id: text(id) } };
  }
}

interface GotBatch {
  readonly Responses?: Readonly<Record<string, readonly ReadItem[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys?: Item[] }>>;
}

interface WrittenBatch<One> {
  readonly UnprocessedItems?: Readonly<Record<string, One[]>>;
}

function conditional(condition: string | undefined, values: Item | undefined, ...all: (string | undefined)[]) {
  const names = namesIn(...all);
  return {
    ...(condition !== undefined && {
      ConditionExpression: condition,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(values && { ExpressionAttributeValues: values }),
  };
}

function chunksOf<One>(all: readonly One[], size: number): One[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}
