import { keyPrefix } from '#celery';
import type { AttemptClaim, ClaimAnswer, IdempotencyStore } from '#celery/ports';
import { BackendError } from '../errors.js';
import { checkedSeconds, IDEMPOTENCY_RETENTION } from '../retention.js';
import { CLAIM, DECIDE, EXTEND, RELEASE, SETTLE } from './idempotency-scripts.js';
import type { RedisClient } from './redis-client.js';
import type { RedisConnectionOptions } from './redis-connection.js';
import { linkTo, type RedisLink } from './redis-link.js';
import { runScript, type RedisScript } from './redis-script.js';

/** Options of a {@link RedisIdempotencyStore}. */
export interface RedisIdempotencyStoreOptions extends RedisConnectionOptions {
  /**
   * Seconds for which an attempt is remembered after its last change: as long as a copy of its message may arrive. Default:
   * four days, SQS's default retention of messages.
   */
  readonly retention?: number;
  /** Put before every key, as Celery's `global_keyprefix`. Default: none. */
  readonly globalKeyprefix?: string;
}

/**
 * Attempts in Redis, for a whole fleet: one hash under `sqs-celery-attempt-<key>` each, one script a call. Redis must not evict
 * keys (`maxmemory-policy noeviction`): a forgotten attempt is run again.
 */
export class RedisIdempotencyStore implements IdempotencyStore {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #retentionMs: number;

  /**
   * @param redis a URL as Celery's `result_backend`, or a connected client, which stays the caller's
   * @throws ImproperlyConfigured for a URL that cannot be used
   */
  constructor(redis: string | RedisClient, options: RedisIdempotencyStoreOptions = {}) {
    this.#link = linkTo(redis, options);
    this.#prefix = `${keyPrefix(options.globalKeyprefix ?? '')}sqs-celery-attempt-`;
    this.#retentionMs = 1000 * checkedSeconds('retention', options.retention ?? IDEMPOTENCY_RETENTION);
  }

  async claim({ key, owner, messageId, receiveCount, leaseSeconds }: AttemptClaim): Promise<ClaimAnswer> {
    const lease = milliseconds(leaseSeconds);
    return readAnswer(await this.#run(CLAIM, key, owner, lease, [messageId, String(receiveCount), String(lease)]));
  }

  async extend(key: string, owner: string, leaseSeconds: number): Promise<boolean> {
    const lease = milliseconds(leaseSeconds);
    return (await this.#run(EXTEND, key, owner, lease, [String(lease)])) === 1;
  }

  async decide(key: string, owner: string, decision: string): Promise<boolean> {
    return (await this.#run(DECIDE, key, owner, 0, [decision])) === 1;
  }

  async settle(key: string, owner: string, decision: string): Promise<boolean> {
    return (await this.#run(SETTLE, key, owner, 0, [decision])) === 1;
  }

  async release(key: string, owner: string, { retried }: { readonly retried: boolean }): Promise<void> {
    await this.#run(RELEASE, key, owner, 0, [retried ? '1' : '0']);
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #run(script: RedisScript, key: string, owner: string, leaseMs: number, args: readonly string[]): Promise<unknown> {
    // A lease may be longer than a short retention.
    const kept = Math.ceil(Math.max(this.#retentionMs, leaseMs));
    return runScript(this.#link.send, script, [`${this.#prefix}${key}`], [owner, String(kept), ...args]);
  }
}

function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000);
}

function readAnswer(reply: unknown): ClaimAnswer {
  const [kind, first, lost, decision]: unknown[] = Array.isArray(reply) ? reply : [];
  if (kind === 'settled') return { kind, decision: String(first) };
  if (kind === 'running') return { kind, leaseSeconds: Number(first) / 1000 };
  if (kind !== 'claimed') throw new BackendError('Redis gave an answer to a claim that is none');
  const claimed = { kind, attempt: Number(first), lost: lost === '1' } as const;
  return typeof decision === 'string' ? { ...claimed, decision } : claimed;
}
