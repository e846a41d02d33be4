import { randomUUID } from 'node:crypto';
import { keyPrefix } from '#celery';
import type { AttemptClaim, ClaimAnswer, IdempotencyStore } from '#celery/ports';
import { BackendError } from '../errors.js';
import { claimAttempt } from '../memory/attempt.js';
import { checkedSeconds, IDEMPOTENCY_RETENTION } from '../retention.js';
import { readAttempt, writeAttempt } from './attempt-item.js';
import { DynamoDbLink, type DynamoDbConnectionOptions } from './dynamodb-link.js';
import type { DynamoDbClientLike } from './dynamodb-package.js';
import { DynamoDbTable, type Condition, type Written } from './dynamodb-table.js';
import { ALIVE, expiryAttributes, hasExpired, nowValue } from './expiry.js';
import { number, text, textOf, type Item, type ReadItem } from './item.js';

/** Options of a {@link DynamoDbIdempotencyStore}. */
export interface DynamoDbIdempotencyStoreOptions extends DynamoDbConnectionOptions {
  /**
   * Seconds for which an attempt is remembered after its last change: as long as a copy of its message may arrive. Default:
   * four days, SQS's default retention of messages.
   */
  readonly retention?: number;
  /** Put before every id, as Celery's `global_keyprefix`. Default: none. */
  readonly globalKeyprefix?: string;
}

/** How often an attempt may change between reading and claiming it. */
const MAX_ROUNDS = 20;

/**
 * Attempts in DynamoDB, for a whole fleet: an item with the id `sqs-celery-attempt-<key>` each, one conditional write a call.
 * DynamoDB tells no time: leases go by the clocks of the workers, which must agree to within a second or so.
 */
export class DynamoDbIdempotencyStore implements IdempotencyStore {
  readonly #link: DynamoDbLink;
  readonly #table: DynamoDbTable;
  readonly #prefix: string;
  readonly #retention: number;

  /**
   * @param dynamoDb a URL as Celery's `result_backend`, or a `DynamoDBClient`, which stays the caller's
   * @throws ImproperlyConfigured for a URL that cannot be used
   */
  constructor(dynamoDb: string | DynamoDbClientLike, options: DynamoDbIdempotencyStoreOptions = {}) {
    this.#link = new DynamoDbLink(dynamoDb, options);
    this.#table = new DynamoDbTable(this.#link);
    this.#prefix = `${keyPrefix(options.globalKeyprefix ?? '')}sqs-celery-attempt-`;
    this.#retention = checkedSeconds('retention', options.retention ?? IDEMPOTENCY_RETENTION);
  }

  /** @throws (rejects) BackendError */
  async claim(claim: AttemptClaim): Promise<ClaimAnswer> {
    // Most attempts are claimed once: what is there is read only when the write of a new one is refused, and with that answer.
    let there: ReadItem | undefined;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const now = this.#link.clock.now();
      const known = there && !hasExpired(there, now) ? readAttempt(there) : undefined;
      const { answer, attempt } = claimAttempt(known, claim, now);
      if (!attempt) return answer;
      const item = { ...this.#key(claim.key), ...writeAttempt(attempt), ...this.#expiry(claim.leaseSeconds) };
      const written = await this.#table.put(item, replacing(there));
      if (written.done) return answer;
      there = written.item;
    }
    throw new BackendError('An attempt is changed by others faster than it can be claimed');
  }

  /** @throws (rejects) BackendError */
  async extend(key: string, owner: string, leaseSeconds: number): Promise<boolean> {
    const until = this.#link.clock.now() + leaseSeconds * 1000;
    const change = { set: '#until = :until', values: { ':until': number(until) } };
    return (await this.#change(key, owner, change, leaseSeconds)).done;
  }

  /** @throws (rejects) BackendError */
  async decide(key: string, owner: string, decision: string): Promise<boolean> {
    const change = { set: '#decision = :decision', values: { ':decision': text(decision) } };
    return (await this.#change(key, owner, change)).done;
  }

  /** @throws (rejects) BackendError */
  async settle(key: string, owner: string, decision: string): Promise<boolean> {
    const values = { ':decision': text(decision), ':settled': text('settled') };
    const written = await this.#change(key, owner, { set: '#state = :settled, #decision = :decision', values });
    if (written.done) return true;
    // Said twice, because the answer to the first was lost.
    const { item } = written;
    if (!item || hasExpired(item, this.#link.clock.now())) return false;
    return textOf(item, 'state') === 'settled' && textOf(item, 'owner') === owner;
  }

  /** @throws (rejects) BackendError */
  async release(key: string, owner: string, { retried }: { readonly retried: boolean }): Promise<void> {
    const values = { ':released': text('released') };
    const another = { ...values, ':one': number(1), ':no': number(0) };
    const change = retried
      ? { set: '#state = :released, #attempt = #attempt + :one, #lost = :no', remove: '#decision', values: another }
      : { set: '#state = :released', values };
    await this.#change(key, owner, change);
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  /** A step that only the owner of a running attempt may take. */
  #change(key: string, owner: string, { set, remove, values }: Change, leaseSeconds = 0): Promise<Written> {
    const { expires_at, ttl } = this.#expiry(leaseSeconds);
    const kept = '#revision = :revision, #expires_at = :expires_at, #ttl = :ttl';
    const change = `SET ${set}, ${kept}${remove === undefined ? '' : ` REMOVE ${remove}`}`;
    return this.#table.update(`${this.#prefix}${key}`, change, {
      condition: `#state = :running AND #owner = :owner AND ${ALIVE}`,
      values: {
        ...values,
        ...nowValue(this.#link.clock.now()),
        ...(expires_at && { ':expires_at': expires_at }),
        ...(ttl && { ':ttl': ttl }),
        ':revision': text(randomUUID()),
        ':running': text('running'),
        ':owner': text(owner),
      },
    });
  }

  /** A lease may be longer than a short retention. */
  #expiry(leaseSeconds: number): Item {
    return expiryAttributes(this.#link.clock.now(), Math.max(this.#retention, leaseSeconds));
  }

  #key(key: string): Item {
    return { id: text(`${this.#prefix}${key}`) };
  }
}

interface Change {
  readonly set: string;
  readonly remove?: string;
  readonly values: Item;
}

/** The condition for replacing what was read, though it may have expired. */
function replacing(there: ReadItem | undefined): Condition {
  if (!there) return { condition: 'attribute_not_exists(#id)' };
  return { condition: '#revision = :seen', values: { ':seen': text(textOf(there, 'revision') ?? '') } };
}
