import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Program } from './program.js';
import { required } from './python.js';

/** Why there is no Redis; undefined where there is. `.ci/redis` installs it. */
export const noRedis: string | undefined =
  required || spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed';

/** A Redis server of the test's own, on 127.0.0.1, that keeps nothing. */
export class RedisServer {
  private constructor(
    private readonly program: Program,
    readonly url: string,
  ) {}

  static async start(): Promise<RedisServer> {
    const port = String(await freePort());
    const flags = ['--bind', '127.0.0.1', '--port', port, '--save', '', '--appendonly', 'no', '--dir', '/tmp'];
    const program = new Program('redis-server', 'redis-server', flags);
    await program.line(/Ready to accept connections/);
    return new RedisServer(program, `redis://127.0.0.1:${port}/0`);
  }

  async stop(): Promise<void> {
    await this.program.stop();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
