import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Log } from '#celery/ports';
import { BackendError, ImproperlyConfigured } from '../errors.js';
import { RedisConnection, RedisIdempotencyStore, RedisResultStore, RedisRevocationStore } from './index.js';
import type { RedisConnectionOptions } from './index.js';
import { freePort, noRedis, startRedis, type RedisServer } from './redis-server.test-support.js';

const success = { taskId: 'a', status: 'SUCCESS', result: 1, traceback: null, children: null, dateDone: null };
/** For what happens as soon as a busy machine gets to it. */
const PATIENT = 20_000;
vi.setConfig({ testTimeout: PATIENT });
const closers: (() => unknown)[] = [];

// The first import takes longer than some of the times that are given below.
beforeAll(() => import('redis'));

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function connectionTo(url: string, options: RedisConnectionOptions = {}): RedisConnection {
  const connection = new RedisConnection(url, options);
  closers.push(() => connection.close());
  return connection;
}

async function serverOf(options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  closers.push(() => server.kill());
  return server;
}

function recorder(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  return { lines, log: note, warn: note, error: note, debug: note };
}

describe('a connection by URL', () => {
  it('needs the package redis, and says how to get it', async () => {
    const importRedis = () => Promise.reject(new Error("Cannot find package 'redis'"));
    const connection = connectionTo('redis://127.0.0.1', { importRedis });
    await expect(connection.sendCommand(['PING'])).rejects.toThrow(ImproperlyConfigured);
    await expect(connection.sendCommand(['PING'])).rejects.toThrow(/npm install redis/);
  });

  it('tells a file of its URL that cannot be read', async () => {
    const connection = connectionTo('rediss://127.0.0.1?ssl_ca_certs=/nowhere/ca.pem');
    await expect(connection.sendCommand(['PING'])).rejects.toThrow(/ssl_ca_certs.*ENOENT/);
  });

  it('imports nothing and connects to nowhere before the first command', async () => {
    const importRedis = vi.fn<NonNullable<RedisConnectionOptions['importRedis']>>();
    await connectionTo('redis://127.0.0.1', { importRedis }).close();
    expect(importRedis).not.toHaveBeenCalled();
  });

  it('fails within its time where nobody listens, and says why, without the password', async () => {
    const port = await freePort();
    const connection = connectionTo(`redis://user:s3cret@127.0.0.1:${port}/1`, { commandTimeoutMs: 1_000 });
    const error: unknown = await connection.sendCommand(['GET', 'k']).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(BackendError);
    expect(String(error)).toMatch(
      new RegExp(`redis://127.0.0.1:${port}/1: no answer to GET within 1000 ms \\(.*ECONNREFUSED`),
    );
    expect(inspect(error, { depth: null })).not.toContain('s3cret');
  });

  it('fails within its time where nobody answers', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const connection = connectionTo(`redis://127.0.0.1:${port}`, { commandTimeoutMs: 100 });
    await expect(connection.sendCommand(['PING'])).rejects.toThrow(/no answer to PING within 100 ms/);
  });

  it('refuses commands once it is closed, and is closed twice without harm', async () => {
    const connection = connectionTo('redis://127.0.0.1');
    await connection.close();
    await connection.close();
    await expect(connection.sendCommand(['PING'])).rejects.toThrow(/is closed/);
  });
});

describe.skipIf(noRedis)(`a connection to a real server${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  it('waits for a server that is not up yet', async () => {
    const port = await freePort();
    const connection = connectionTo(`redis://127.0.0.1:${port}`, { commandTimeoutMs: PATIENT });
    const reply = connection.sendCommand(['PING']);
    await wait(50);
    await serverOf({ port });
    await expect(reply).resolves.toBe('PONG');
  });

  it('lives through a restart, and tells of it once', async () => {
    const log = recorder();
    const first = await serverOf();
    const connection = connectionTo(first.url, { commandTimeoutMs: PATIENT, log });
    await connection.sendCommand(['SET', 'k', 'v']);
    await first.kill();
    await vi.waitFor(() => expect(log.lines).toHaveLength(1));
    await serverOf({ port: first.port });
    await expect(connection.sendCommand(['GET', 'k'])).resolves.toBeNull();
    expect(log.lines).toEqual([
      expect.stringMatching(/no connection \(.+\); trying again/),
      expect.stringMatching(/again$/),
    ]);
  });

  it('never sends a command whose time is over', async () => {
    const port = await freePort();
    const connection = connectionTo(`redis://127.0.0.1:${port}`, { commandTimeoutMs: 100 });
    await expect(connection.sendCommand(['SET', 'k', 'late'])).rejects.toThrow(BackendError);
    const server = await serverOf({ port });
    const patient = connectionTo(server.url, { commandTimeoutMs: PATIENT });
    // The impatient one is connected by now, too, when its next command is answered.
    await vi.waitFor(() => connection.sendCommand(['PING']), { timeout: PATIENT });
    await expect(patient.sendCommand(['EXISTS', 'k'])).resolves.toBe(0);
  });

  it('begins anew after a server that went silent', async () => {
    const server = await serverOf();
    const connection = connectionTo(server.url, { commandTimeoutMs: 300 });
    await vi.waitFor(() => connection.sendCommand(['PING']), { timeout: PATIENT });
    server.pause();
    const replies = await Promise.allSettled([1, 2, 3].map(() => connection.sendCommand(['PING'])));
    expect(replies.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    server.resume();
    await vi.waitFor(() => connection.sendCommand(['PING']), { timeout: PATIENT });
  });

  it('begins anew after a server that is no primary any more', async () => {
    const server = await serverOf();
    const connection = connectionTo(server.url);
    const other = connectionTo(server.url);
    const id = await connection.sendCommand(['CLIENT', 'ID']);
    await other.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    const store = new RedisRevocationStore(connection);
    await expect(store.revoke(['a'], { terminate: true })).rejects.toThrow(/READONLY/);
    await other.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    await store.revoke(['a'], { terminate: true });
    expect(await connection.sendCommand(['CLIENT', 'ID'])).not.toBe(id);
  });

  it('speaks to the database, user and password of its URL, and shows no password', async () => {
    const server = await serverOf({ args: ['--requirepass', 's3cret'] });
    const connection = connectionTo(`redis://:s3cret@127.0.0.1:${server.port}/3`);
    await connection.sendCommand(['SET', 'k', 'v']);
    await expect(connection.sendCommand(['CLIENT', 'INFO'])).resolves.toMatch(/ db=3 /);
    const wrong = connectionTo(`redis://:wr0ng@127.0.0.1:${server.port}/3`, { commandTimeoutMs: 1_500 });
    const error: unknown = await wrong.sendCommand(['PING']).catch((one: unknown) => one);
    expect(String(error)).toMatch(/WRONGPASS|invalid/);
    expect(inspect(error, { depth: null })).not.toMatch(/wr0ng|s3cret/);
  });

  it('has one deadline for a command: the client makes none of its own', async () => {
    const server = await serverOf();
    const connection = connectionTo(server.url);
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    closers.push(() => timeout.mockRestore());
    await connection.sendCommand(['PING']);
    expect(timeout).not.toHaveBeenCalled();
  });

  it('waits at its end for the answers that are outstanding', async () => {
    const server = await serverOf();
    const connection = connectionTo(server.url);
    await connection.sendCommand(['PING']);
    const replies = Promise.all(Array.from({ length: 100 }, () => connection.sendCommand(['INCR', 'n'])));
    await wait(0);
    await connection.close();
    await expect(replies).resolves.toHaveLength(100);
  });

  it('is ended by the store that made it, and by nobody who was given it', async () => {
    const server = await serverOf();
    const given = createClient({ url: server.url });
    await given.connect();
    closers.push(() => given.close());
    for (const Store of [RedisResultStore, RedisIdempotencyStore, RedisRevocationStore]) {
      const own = new Store(server.url);
      await own.close();
      await new Store(given).close();
    }
    expect(await given.ping()).toBe('PONG');
    const own = new RedisResultStore(server.url);
    await own.store(success);
    await own.close();
    await expect(own.get('a')).rejects.toThrow(/is closed/);
    await vi.waitFor(async () => expect((await given.clientList()).length).toBe(1));
  });
});

describe.skipIf(noRedis)(`a client that is given${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  it('gives errors that hold nothing of what was sent', async () => {
    const server = await serverOf();
    const client = new Redis(server.url);
    closers.push(() => client.quit());
    await client.lpush('celery-task-meta-a', 'a list');
    const error: unknown = await new RedisResultStore(client)
      .store({ ...success, result: 's3cret' })
      .catch((one: unknown) => one);
    expect(error).toBeInstanceOf(BackendError);
    expect(String(error)).toMatch(/WRONGTYPE/);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('s3cret');
  });

  it('is not waited for without end', async () => {
    const server = await serverOf();
    const client = new Redis(server.url);
    closers.push(() => client.disconnect());
    await client.ping();
    server.pause();
    const store = new RedisRevocationStore(client, { commandTimeoutMs: 50 });
    await expect(store.revoked(['a'])).rejects.toThrow(/no answer to MGET within 50 ms/);
    server.resume();
  });
});
