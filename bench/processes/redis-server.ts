import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Program } from './program.js';

/** A Redis of the benchmark's own, on 127.0.0.1, that keeps nothing on disk. */
export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Undefined where Redis is not installed. */
export async function startRedis(): Promise<RedisServer | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = String(await freePort());
  const flags = ['--bind', '127.0.0.1', '--port', port, '--save', '', '--appendonly', 'no', '--dir', '/tmp'];
  const program = new Program('redis-server', ['redis-server', ...flags], {});
  await program.line(/Ready to accept connections/);
  return { url: `redis://127.0.0.1:${port}/0`, stop: () => program.stop() };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
