import { keyPrefix } from '#celery';
import type { Revocation, RevocationStore } from '#celery/ports';
import { checkedSeconds, REVOKE_EXPIRES } from '../retention.js';
import type { RedisClient } from './redis-client.js';
import type { RedisConnectionOptions } from './redis-connection.js';
import { linkTo, type RedisLink } from './redis-link.js';
import { redisScript, runScript } from './redis-script.js';

/** Options of a {@link RedisRevocationStore}. */
export interface RedisRevocationStoreOptions extends RedisConnectionOptions {
  /** Seconds for which a revocation is remembered (Celery's `CELERY_WORKER_REVOKE_EXPIRES`). Default 10 800. */
  readonly revokeExpires?: number;
  /** Put before every key, as Celery's `global_keyprefix`. Default: none. */
  readonly globalKeyprefix?: string;
}

/*
 * KEYS; ARGV[1] milliseconds until they expire, ARGV[2] 1: terminate. Once asked to end a running task, a later and milder
 * revocation does not take that back.
 */
const REVOKE = redisScript(`
for _, key in ipairs(KEYS) do
  local sooner = ARGV[2] == '0' and redis.call('GET', key)
  redis.call('SET', key, sooner or ARGV[2], 'PX', ARGV[1])
end
`);

/** Keys that are written in one step. */
const KEYS_PER_SCRIPT = 1_000;

/** Revocations in Redis, for a whole fleet: `sqs-celery-revoked-<id>`, `1` to terminate and `0` otherwise. */
export class RedisRevocationStore implements RevocationStore {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #expiresMs: string;

  /**
   * @param redis a URL as Celery's `result_backend`, or a connected client, which stays the caller's
   * @throws ImproperlyConfigured for a URL that cannot be used
   */
  constructor(redis: string | RedisClient, options: RedisRevocationStoreOptions = {}) {
    this.#link = linkTo(redis, options);
    this.#prefix = `${keyPrefix(options.globalKeyprefix ?? '')}sqs-celery-revoked-`;
    this.#expiresMs = String(
      Math.ceil(1000 * checkedSeconds('revokeExpires', options.revokeExpires ?? REVOKE_EXPIRES)),
    );
  }

  async revoke(ids: readonly string[], { terminate }: Revocation): Promise<void> {
    const keys = this.#keysOf(ids);
    for (let from = 0; from < keys.length; from += KEYS_PER_SCRIPT) {
      const some = keys.slice(from, from + KEYS_PER_SCRIPT);
      await runScript(this.#link.send, REVOKE, some, [this.#expiresMs, terminate ? '1' : '0']);
    }
  }

  async revoked(ids: readonly string[]): Promise<ReadonlyMap<string, Revocation>> {
    // Redis refuses an MGET of nothing.
    if (ids.length === 0) return new Map();
    const reply = await this.#link.send(['MGET', ...this.#keysOf(ids)]);
    const values: unknown[] = Array.isArray(reply) ? reply : [];
    return new Map(
      ids
        .map((id, index): [string, unknown] => [id, values[index]])
        .filter(([, value]) => value === '0' || value === '1')
        .map(([id, value]) => [id, { terminate: value === '1' }]),
    );
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #keysOf(ids: readonly string[]): readonly string[] {
    return ids.map((id) => `${this.#prefix}${id}`);
  }
}
