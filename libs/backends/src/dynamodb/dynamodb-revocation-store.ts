import { keyPrefix } from '#celery';
import type { Revocation, RevocationStore } from '#celery/ports';
import { checkedSeconds, REVOKE_EXPIRES } from '../retention.js';
import { DynamoDbLink, type DynamoDbConnectionOptions } from './dynamodb-link.js';
import type { DynamoDbClientLike } from './dynamodb-package.js';
import { DynamoDbTable } from './dynamodb-table.js';
import { ALIVE, expiryAttributes, hasExpired, nowValue } from './expiry.js';
import { number, numberOf, textOf, type Item } from './item.js';

/** Options of a {@link DynamoDbRevocationStore}. */
export interface DynamoDbRevocationStoreOptions extends DynamoDbConnectionOptions {
  /** Seconds for which a revocation is remembered (Celery's `CELERY_WORKER_REVOKE_EXPIRES`). Default 10 800. */
  readonly revokeExpires?: number;
  /** Put before every id, as Celery's `global_keyprefix`. Default: none. */
  readonly globalKeyprefix?: string;
}

/** Writes that are under way at once. */
const WRITES_AT_ONCE = 25;

const CHANGE = 'SET #terminate = :terminate, #expires_at = :expires_at, #ttl = :ttl';
const KEEP_LONGER = 'SET #expires_at = :expires_at, #ttl = :ttl';

/** Revocations in DynamoDB, for a whole fleet: an item with the id `sqs-celery-revoked-<id>` each. */
export class DynamoDbRevocationStore implements RevocationStore {
  readonly #link: DynamoDbLink;
  readonly #table: DynamoDbTable;
  readonly #prefix: string;
  readonly #revokeExpires: number;

  /**
   * @param dynamoDb a URL as Celery's `result_backend`, or a `DynamoDBClient`, which stays the caller's
   * @throws ImproperlyConfigured for a URL that cannot be used
   */
  constructor(dynamoDb: string | DynamoDbClientLike, options: DynamoDbRevocationStoreOptions = {}) {
    this.#link = new DynamoDbLink(dynamoDb, options);
    this.#table = new DynamoDbTable(this.#link);
    this.#prefix = `${keyPrefix(options.globalKeyprefix ?? '')}sqs-celery-revoked-`;
    this.#revokeExpires = checkedSeconds('revokeExpires', options.revokeExpires ?? REVOKE_EXPIRES);
  }

  /** @throws (rejects) BackendError */
  async revoke(ids: readonly string[], { terminate }: Revocation): Promise<void> {
    for (let from = 0; from < ids.length; from += WRITES_AT_ONCE) {
      const some = ids.slice(from, from + WRITES_AT_ONCE);
      await Promise.all(some.map((id) => this.#revoke(`${this.#prefix}${id}`, terminate)));
    }
  }

  /** @throws (rejects) BackendError */
  async revoked(ids: readonly string[]): Promise<ReadonlyMap<string, Revocation>> {
    const items = await this.#table.getAll(ids.map((id) => `${this.#prefix}${id}`));
    const now = this.#link.clock.now();
    const alive = items.filter((item) => !hasExpired(item, now));
    return new Map(
      alive.map((item) => [
        (textOf(item, 'id') ?? '').slice(this.#prefix.length),
        { terminate: numberOf(item, 'terminate') === 1 },
      ]),
    );
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  /** Once asked to end a running task, a later and milder revocation does not take that back. */
  async #revoke(id: string, terminate: boolean): Promise<void> {
    const now = this.#link.clock.now();
    const { expires_at, ttl } = expiryAttributes(now, this.#revokeExpires);
    const kept: Item = { ...(expires_at && { ':expires_at': expires_at }), ...(ttl && { ':ttl': ttl }) };
    const values = { ...kept, ':terminate': number(terminate ? 1 : 0) };
    if (terminate) {
      await this.#table.update(id, CHANGE, { values });
      return;
    }
    const condition = `attribute_not_exists(#terminate) OR #terminate = :terminate OR NOT ${ALIVE}`;
    const written = await this.#table.update(id, CHANGE, { condition, values: { ...values, ...nowValue(now) } });
    if (!written.done) await this.#table.update(id, KEEP_LONGER, { values: kept });
  }
}
