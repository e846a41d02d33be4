import { readFile } from 'node:fs/promises';
import { ImproperlyConfigured } from '../errors.js';
import { reasonOf } from './failure.js';
import type { RedisTls, RedisUrl } from './redis-url.js';

/** As much of a client of the package `redis` as is used. */
export interface OpenedClient {
  readonly isReady: boolean;
  readonly isOpen: boolean;
  sendCommand(args: readonly string[]): Promise<unknown>;
  connect(): Promise<unknown>;
  subscribe(channels: string[], listener: ChannelListener): Promise<unknown>;
  unsubscribe(channels: string[], listener: ChannelListener): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
  on(event: 'ready', listener: () => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  once(event: 'ready', listener: () => void): unknown;
}

/** Told of what is published. */
export type ChannelListener = (message: string, channel: string) => void;

/** Imports the package, whose types a user need not have; replaced in tests. */
export type ImportRedis = () => Promise<{ readonly createClient: (options: object) => OpenedClient }>;

const MAX_RECONNECT_MS = 2_000;

/**
 * Makes a client that is not connected yet, and that connects anew for ever. It refuses commands while it is not connected:
 * queued by the client they would be run later, out of order with what others have stored meanwhile.
 *
 * @throws ImproperlyConfigured when the package is missing, or a file of the URL
 */
export async function openClient(
  url: RedisUrl,
  connectTimeout: number,
  importRedis: ImportRedis = () => import('redis'),
): Promise<OpenedClient> {
  const { createClient } = await load(importRedis);
  const { host, port, path, database, username, password, tls } = url;
  const place =
    path === undefined ? { host, port, ...(tls ? await tlsOptions(tls) : {}) } : { path, tls: false as const };
  return createClient({
    // The older protocol: every server and proxy speaks it, and nothing here needs more.
    RESP: 2,
    database,
    username,
    password,
    disableOfflineQueue: true,
    // The commands have a deadline already; the client's own is an AbortSignal for each, which costs more than the command.
    commandOptions: { timeout: undefined },
    socket: { ...place, connectTimeout, reconnectStrategy },
  });
}

/** Milliseconds until the next attempt: doubling to 2 s, of which half is drawn. */
function reconnectStrategy(retries: number): number {
  const most = Math.min(MAX_RECONNECT_MS, 50 * 2 ** Math.min(retries, 10));
  return most / 2 + (Math.random() * most) / 2;
}

async function load(importRedis: ImportRedis): ReturnType<ImportRedis> {
  try {
    return await importRedis();
  } catch (cause) {
    throw new ImproperlyConfigured(
      "A Redis URL needs the package redis, which cannot be imported: npm install redis. Or give a connected client of 'redis' or 'ioredis'",
      { cause },
    );
  }
}

async function tlsOptions({ verify, checkHostname, caFile, certFile, keyFile }: RedisTls) {
  return {
    tls: true as const,
    rejectUnauthorized: verify,
    ...(checkHostname ? {} : { checkServerIdentity: () => undefined }),
    ca: await optionalFile('ssl_ca_certs', caFile),
    cert: await optionalFile('ssl_certfile', certFile),
    key: await optionalFile('ssl_keyfile', keyFile),
  };
}

async function optionalFile(parameter: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ImproperlyConfigured(`The file of ${parameter} in the Redis URL cannot be read: ${reasonOf(error)}`);
  }
}
