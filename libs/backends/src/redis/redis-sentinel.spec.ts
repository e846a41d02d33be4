import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createSentinel } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskMeta } from '#celery/ports';
import { chordStoreContract } from '../contract/chord-store-contract.test-support.js';
import { resultStoreContract } from '../contract/result-store-contract.test-support.js';
import type { StoreUnderTest } from '../contract/store-under-test.test-support.js';
import { RedisResultStore, type RedisClient, type RedisResultStoreOptions } from './index.js';
import { noRedis, startRedis, type RedisServer } from './redis-server.test-support.js';

// A busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** The name by which the sentinel knows the primary. */
const NAME = 'results';

/** A client that asks the sentinel where the primary is, and what ends it. */
interface Way {
  readonly redis: RedisClient;
  end(): Promise<void>;
}

const ways: Record<string, (sentinelPort: number) => Promise<Way>> = {
  'Sentinel by a client of ioredis': async (port) => {
    const redis = new Redis({ sentinels: [{ host: '127.0.0.1', port }], name: NAME, sentinelRetryStrategy: () => 50 });
    // It tells of each attempt while there is no primary.
    redis.on('error', () => undefined);
    return { redis, end: async () => void (await redis.quit()) };
  },
  'Sentinel by a client of redis': async (port) => {
    const sentinel = createSentinel({ name: NAME, sentinelRootNodes: [{ host: '127.0.0.1', port }] });
    sentinel.on('error', () => undefined);
    await sentinel.connect();
    return {
      redis: { sendCommand: (args) => sentinel.sendCommand(false, [...args]) },
      end: async () => sentinel.close(),
    };
  },
};

describe.skipIf(noRedis)(`a primary, its replica and a sentinel${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(() => servers.end());

  for (const [name, reach] of Object.entries(ways)) {
    const open = (options: RedisResultStoreOptions): Promise<StoreUnderTest<RedisResultStore>> =>
      openStore(() => reach(servers.sentinel.port), options);
    resultStoreContract(name, open);
    chordStoreContract(name, async (options) => {
      const { store, ...rest } = await open(options);
      const { chords } = store;
      return { store: { chords, start: async (groupId, start) => chords.start?.(groupId, start) }, ...rest };
    });
  }
});

describe.skipIf(noRedis)(`a primary that fails${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let servers: Servers;
  beforeEach(async () => {
    servers = await startServers();
  });
  afterEach(() => servers.end());

  it.each(Object.entries(ways))('%s: results are kept, and more are stored', async (_name, reach) => {
    const { store, close } = await openStore(() => reach(servers.sentinel.port));
    const { primary, replica, sentinel } = servers;
    await store.store({ ...done, taskId: 'before' });
    ask(primary, 'wait', '1', '5000');
    await primary.kill();
    await vi.waitFor(() => store.store({ ...done, taskId: 'after' }), patience);
    await expect(store.get('before')).resolves.toMatchObject({ result: 3 });
    await expect(store.get('after')).resolves.toMatchObject({ result: 3 });
    expect(ask(sentinel, 'sentinel', 'get-master-addr-by-name', NAME)).toContain(String(replica.port));
    await close();
  });
});

const done: Omit<TaskMeta, 'taskId'> = {
  status: 'SUCCESS',
  result: 3,
  traceback: null,
  children: [],
  dateDone: '2026-11-22T06:05:13.251323+00:00',
};

async function openStore(
  reach: () => Promise<Way>,
  options: RedisResultStoreOptions = {},
): Promise<StoreUnderTest<RedisResultStore>> {
  const way = await reach();
  const store = new RedisResultStore(way.redis, { ...options, globalKeyprefix: randomUUID() });
  const close = async (): Promise<void> => {
    await store.close();
    await way.end();
  };
  return { store, pass: (seconds) => wait(seconds * 1000), close };
}

interface Servers {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  end(): Promise<void>;
}

async function startServers(): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), 'sqs-celery-sentinel-'));
  const primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
  // Before the sentinel asks for the first time, as it asks again only after ten seconds.
  await vi.waitFor(() => expect(ask(primary, 'info', 'replication')).toContain('state=online'), patience);
  const sentinel = await startSentinel(join(folder, 'sentinel.conf'), primary.port);
  const known = (): string => ask(sentinel, 'sentinel', 'replicas', NAME);
  await vi.waitFor(() => expect(known()).toContain(String(replica.port)), patience);
  const end = async (): Promise<void> => {
    await Promise.all([sentinel, replica, primary].map((server) => server.kill()));
    await rm(folder, { recursive: true });
  };
  return { primary, replica, sentinel, end };
}

const patience = { timeout: 30_000, interval: 50 };

async function startSentinel(config: string, primaryPort: number): Promise<RedisServer> {
  // It is alone, and takes one second of silence for a failure.
  const lines = [`monitor ${NAME} 127.0.0.1 ${primaryPort} 1`, `down-after-milliseconds ${NAME} 1000`];
  await writeFile(config, lines.map((line) => `sentinel ${line}\n`).join(''));
  return startRedis({ config, args: ['--sentinel'] });
}

function ask({ port }: RedisServer, ...command: readonly string[]): string {
  return execFileSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' });
}
