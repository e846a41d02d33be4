import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { resultSubscriptionContract } from '../contract/result-subscription-contract.test-support.js';
import { BackendError, ImproperlyConfigured } from '../errors.js';
import { RedisConnection, RedisResultStore } from './index.js';
import type { RedisClient, RedisResultStoreOptions } from './index.js';
import { freePort, noRedis, startRedis, type RedisServer } from './redis-server.test-support.js';

/** For what happens as soon as a busy machine gets to it. */
const PATIENT = 20_000;
vi.setConfig({ testTimeout: PATIENT });

const success = { taskId: 'a', status: 'SUCCESS', result: 1, traceback: null, children: null, dateDone: null };
const closers: (() => unknown)[] = [];

// The first import takes longer than some of the times that are given below.
beforeAll(() => import('redis'));

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function storeOf(redis: string | RedisClient, options: RedisResultStoreOptions = {}): RedisResultStore {
  const store = new RedisResultStore(redis, options);
  closers.push(() => store.close());
  return store;
}

async function serverOf(options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  closers.push(() => server.kill());
  return server;
}

async function ask(url: string, ...command: string[]): Promise<unknown> {
  const connection = new RedisConnection(url);
  try {
    return await connection.sendCommand(command);
  } finally {
    await connection.close();
  }
}

const reaching: Record<string, (url: string) => Promise<string | RedisClient>> = {
  'Redis by URL': async (url) => url,
  'Redis by a client of redis': async (url) => {
    const client = await createClient({ url }).connect();
    client.on('error', () => {});
    closers.push(() => client.destroy());
    return client;
  },
  'Redis by a client of ioredis': async (url) => {
    const client = new Redis(url);
    client.on('error', () => {});
    closers.push(() => client.disconnect());
    return client;
  },
};

describe('a store that cannot reach Redis', () => {
  it('says so within its time', async () => {
    const store = storeOf(`redis://:s3cret@127.0.0.1:${await freePort()}`, { commandTimeoutMs: 300 });
    const error: unknown = await store.subscribe('a', () => {}).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(BackendError);
    expect(String(error)).toMatch(/no answer to SUBSCRIBE within 300 ms \(.*ECONNREFUSED/);
    expect(String(error)).not.toContain('s3cret');
  });

  it('says how to get what it needs', async () => {
    const importRedis = () => Promise.reject(new Error('no such package'));
    const store = storeOf('redis://127.0.0.1', { importRedis });
    await expect(store.subscribe('a', () => {})).rejects.toThrow(ImproperlyConfigured);
  });

  it('ends a subscription that is under way when it is closed', async () => {
    const store = storeOf(`redis://127.0.0.1:${await freePort()}`, { commandTimeoutMs: PATIENT });
    const subscription = store.subscribe('a', () => {});
    await Promise.all([store.close(), expect(subscription).rejects.toThrow(/closed/)]);
    await expect(store.subscribe('a', () => {})).rejects.toThrow(/closed/);
  });

  it('does not tell where the client that was given cannot be copied', async () => {
    const store = storeOf({ sendCommand: async () => null });
    await expect(store.subscribe('a', () => {})).resolves.toBeUndefined();
  });
});

describe.skipIf(noRedis)(`with a real server${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let shared: RedisServer;
  beforeAll(async () => {
    shared = await startRedis();
  });
  afterAll(() => shared.kill());

  it('says that it may not listen, and may later', async () => {
    const server = await serverOf();
    await ask(server.url, 'ACL', 'SETUSER', 'default', '-subscribe');
    const store = storeOf(server.url, { commandTimeoutMs: PATIENT });
    for (const _ of [1, 2]) await expect(store.subscribe('a', () => {})).rejects.toThrow(/SUBSCRIBE failed: NOPERM/);
    await ask(server.url, 'ACL', 'SETUSER', 'default', '+subscribe');
    const listener = vi.fn<() => void>();
    await store.subscribe('a', listener);
    await store.store(success);
    await vi.waitFor(() => expect(listener).toHaveBeenCalledOnce());
  });

  for (const [name, reach] of Object.entries(reaching)) {
    resultSubscriptionContract(name, async () => {
      const store = new RedisResultStore(await reach(shared.url), { globalKeyprefix: randomUUID() });
      return { store, pass: async () => {}, close: () => store.close() };
    });

    it(`${name}: tells again after a restart, and that something may have been missed`, async () => {
      const first = await serverOf();
      const store = storeOf(await reach(first.url));
      const [listener, gone] = [vi.fn<() => void>(), vi.fn<() => void>()];
      await store.subscribe('a', listener);
      const other = await store.subscribe('b', gone);
      await first.kill();
      other?.end();
      const second = await serverOf({ port: first.port });
      await vi.waitFor(() => expect(listener).toHaveBeenCalledOnce(), { timeout: PATIENT });
      await vi.waitFor(async () => expect(await ask(second.url, 'PUBSUB', 'CHANNELS')).toEqual(['celery-task-meta-a']));
      await storeOf(second.url).store(success);
      await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(2));
      expect(gone).not.toHaveBeenCalled();
    });

    it(`${name}: has one connection for all, leaves no channel behind, and ends it`, async () => {
      const server = await serverOf();
      const store = storeOf(await reach(server.url));
      const ids = Array.from({ length: 20 }, (_, index) => `id-${index % 10}`);
      const all = await Promise.all(ids.map((id) => store.subscribe(id, () => {})));
      expect(await ask(server.url, 'PUBSUB', 'CHANNELS')).toHaveLength(10);
      const clients = String(await ask(server.url, 'CLIENT', 'LIST'));
      expect(clients.match(/ sub=10 /g)).toHaveLength(1);
      expect(clients.match(/ sub=[1-9]/g)).toHaveLength(1);
      for (const one of all) one?.end();
      await vi.waitFor(async () => expect(await ask(server.url, 'PUBSUB', 'CHANNELS')).toEqual([]));
      await store.subscribe('a', () => {});
      await store.close();
      await vi.waitFor(async () => expect(await ask(server.url, 'PUBSUB', 'CHANNELS')).toEqual([]));
    });
  }
});
