import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { IdempotencyStore } from '#celery/ports';
import { groupStoreContract } from '../contract/group-store-contract.test-support.js';
import { idempotencyStoreContract } from '../contract/idempotency-store-contract.test-support.js';
import { resultStoreContract } from '../contract/result-store-contract.test-support.js';
import { revocationStoreContract } from '../contract/revocation-store-contract.test-support.js';
import type { StoreUnderTest } from '../contract/store-under-test.test-support.js';
import { MemoryIdempotencyStore } from '../memory/index.js';
import { RedisConnection, RedisIdempotencyStore, RedisResultStore, RedisRevocationStore } from './index.js';
import type { RedisClient } from './index.js';
import { noRedis, startRedis, type RedisServer } from './redis-server.test-support.js';

// A busy machine takes its time.
vi.setConfig({ testTimeout: 20_000 });

/** A way to reach Redis, and what ends it. */
interface Way {
  readonly redis: string | RedisClient;
  end(): Promise<void>;
}

const ways: Record<string, (url: string) => Promise<Way>> = {
  'Redis by URL': async (url) => ({ redis: url, end: async () => {} }),
  'Redis by a client of redis': async (url) => {
    const client = await createClient({ url }).connect();
    return { redis: client, end: () => client.close() };
  },
  'Redis by a client of ioredis': async (url) => {
    const client = new Redis(url);
    return {
      redis: client,
      end: async () => {
        await client.quit();
      },
    };
  },
};

describe.skipIf(noRedis)(`with a real server${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: RedisServer;
  let watch: RedisConnection;
  beforeAll(async () => {
    server = await startRedis();
    watch = new RedisConnection(server.url);
  });
  afterAll(async () => {
    await watch.close();
    await server.kill();
  });

  it('decides of attempts exactly as the store in memory does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const inRedis = new RedisIdempotencyStore(watch, { globalKeyprefix: randomUUID() });
        const inMemory = new MemoryIdempotencyStore();
        for (const one of steps) expect(await answer(inRedis, one)).toEqual(await answer(inMemory, one));
      }),
      { numRuns: 100 },
    );
  });

  for (const [name, reach] of Object.entries(ways)) {
    const open = async <S extends { close(): Promise<void> }>(
      make: (redis: string | RedisClient, globalKeyprefix: string) => S,
    ): Promise<StoreUnderTest<S>> => {
      const way = await reach(server.url);
      const store = make(way.redis, randomUUID());
      const close = async (): Promise<void> => {
        await store.close();
        await way.end();
      };
      return { store, pass: (seconds) => passed(watch, seconds), close };
    };
    resultStoreContract(name, (options) =>
      open((redis, globalKeyprefix) => new RedisResultStore(redis, { ...options, globalKeyprefix })),
    );
    groupStoreContract(name, async (options) => {
      const { store, ...rest } = await open(
        (redis, globalKeyprefix) => new RedisResultStore(redis, { ...options, globalKeyprefix }),
      );
      return { store: store.groups, ...rest };
    });
    idempotencyStoreContract(name, (options) =>
      open((redis, globalKeyprefix) => new RedisIdempotencyStore(redis, { ...options, globalKeyprefix })),
    );
    revocationStoreContract(name, (options) =>
      open((redis, globalKeyprefix) => new RedisRevocationStore(redis, { ...options, globalKeyprefix })),
    );
  }
});

const key = 'k';
const owner = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({
    does: fc.constant('claim' as const),
    owner,
    messageId: fc.constantFrom('m', 'n'),
    receiveCount: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ does: fc.constantFrom('decide' as const, 'settle' as const), owner, decision: fc.string() }),
  fc.record({ does: fc.constant('extend' as const), owner }),
  fc.record({ does: fc.constant('release' as const), owner, retried: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a store answers to one step, without the time that is left. */
async function answer(store: IdempotencyStore, one: Step): Promise<unknown> {
  switch (one.does) {
    case 'claim': {
      const { kind, ...rest } = await store.claim({ ...one, key, leaseSeconds: 600 });
      return kind === 'running' ? kind : { kind, ...rest };
    }
    case 'extend':
      return store.extend(key, one.owner, 600);
    case 'release':
      return store.release(key, one.owner, one);
    default:
      return store[one.does](key, one.owner, one.decision);
  }
}

/** Until that much time has passed by the server's own clock. */
async function passed(connection: RedisConnection, seconds: number): Promise<void> {
  const until = (await serverTime(connection)) + seconds;
  while ((await serverTime(connection)) <= until) await wait(5);
}

async function serverTime(connection: RedisConnection): Promise<number> {
  const [seconds, microseconds] = (await connection.sendCommand(['TIME'])) as [string, string];
  return Number(seconds) + Number(microseconds) / 1_000_000;
}
