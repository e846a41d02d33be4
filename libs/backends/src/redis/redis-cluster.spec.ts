import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chordStoreContract } from '../contract/chord-store-contract.test-support.js';
import { idempotencyStoreContract } from '../contract/idempotency-store-contract.test-support.js';
import { resultStoreContract } from '../contract/result-store-contract.test-support.js';
import { revocationStoreContract } from '../contract/revocation-store-contract.test-support.js';
import type { StoreUnderTest } from '../contract/store-under-test.test-support.js';
import { RedisIdempotencyStore, RedisResultStore, RedisRevocationStore, type RedisClient } from './index.js';
import { freePort, noRedis, startRedis, type RedisServer } from './redis-server.test-support.js';

// A busy machine takes its time.
vi.setConfig({ testTimeout: 20_000, hookTimeout: 60_000 });

/** A client of a whole cluster, and what ends it. */
interface Way {
  readonly redis: RedisClient;
  end(): Promise<void>;
}

const ways: Record<string, (ports: readonly number[]) => Promise<Way>> = {
  'a cluster by a client of ioredis': async (ports) => {
    const cluster = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })));
    return { redis: cluster, end: async () => void (await cluster.quit()) };
  },
  'a cluster by a client of redis': async (ports) => {
    const cluster = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
    await cluster.connect();
    // It wants to know which of the arguments is a key.
    const keyOf = ([command = '', ...args]: readonly string[]) => args[command.startsWith('EVAL') ? 2 : 0];
    return {
      redis: { sendCommand: (args) => cluster.sendCommand(keyOf(args), false, [...args]) },
      end: () => cluster.close(),
    };
  },
};

/** What is in braces decides on the node: all keys of a store are on one. */
const ownPrefix = (): string => `{${randomUUID()}}`;

describe.skipIf(noRedis)(`three nodes${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let folder: string;
  let nodes: readonly RedisServer[] = [];
  let ports: readonly number[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqs-celery-cluster-'));
    nodes = await Promise.all([0, 1, 2].map((number) => startNode(join(folder, `${number}.conf`))));
    ports = nodes.map(({ port }) => port);
    const addresses = ports.map((port) => `127.0.0.1:${port}`);
    execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await rm(folder, { recursive: true });
  });

  for (const [name, reach] of Object.entries(ways)) {
    const open = async <S extends { close(): Promise<void> }>(
      make: (redis: RedisClient) => S,
    ): Promise<StoreUnderTest<S>> => {
      const way = await reach(ports);
      const store = make(way.redis);
      const close = async (): Promise<void> => {
        await store.close();
        await way.end();
      };
      return { store, pass: (seconds) => wait(seconds * 1000), close };
    };
    resultStoreContract(name, (options) =>
      open((redis) => new RedisResultStore(redis, { ...options, globalKeyprefix: randomUUID() })),
    );
    idempotencyStoreContract(name, (options) =>
      open((redis) => new RedisIdempotencyStore(redis, { ...options, globalKeyprefix: randomUUID() })),
    );
    revocationStoreContract(name, (options) =>
      open((redis) => new RedisRevocationStore(redis, { ...options, globalKeyprefix: ownPrefix() })),
    );
    chordStoreContract(name, async (options) => {
      const { store, ...rest } = await open(
        (redis) => new RedisResultStore(redis, { ...options, globalKeyprefix: ownPrefix() }),
      );
      const { chords } = store;
      return { store: { chords, start: async (groupId, start) => chords.start?.(groupId, start) }, ...rest };
    });

    it(`${name} counts no chord whose keys are on several nodes`, async () => {
      const { store, close } = await open((redis) => new RedisResultStore(redis));
      const part = { groupId: 'g', groupIndex: 0, taskId: 't', status: 'SUCCESS', result: 1 };
      await expect(store.chords.report(part)).rejects.toThrow(/CROSSSLOT|same slot/);
      await close();
    });
  }
});

async function startNode(config: string): Promise<RedisServer> {
  // The port of its bus would be its own and 10 000, which there may not be.
  const bus = String(await freePort());
  const args = ['--cluster-enabled', 'yes', '--cluster-config-file', config, '--cluster-port', bus];
  return startRedis({ args });
}
