import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Whether a missing counterpart is a failure (CI) instead of a reason to skip. */
const required = process.env['SQS_CELERY_REQUIRE_INTEROP'] === '1';

/** Why the specs against a real Redis are skipped; undefined where they are not. `.ci/redis` installs it. */
export const noRedis: string | undefined =
  required || spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed';

/** A Redis server of the test's own, on 127.0.0.1, that keeps nothing. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Stops answering without closing anything. */
  pause(): void;
  resume(): void;
}

/** How a server is started. */
export interface RedisServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** A configuration file, which a sentinel must have. */
  readonly config?: string;
  readonly args?: readonly string[];
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = options.port ?? (await freePort());
  const own = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', '/tmp'];
  const file = options.config === undefined ? [] : [options.config];
  const server = spawn('redis-server', [...file, ...own, ...(options.args ?? [])], { stdio: 'ignore' });
  await listening(server, port);
  return {
    port,
    url: `redis://127.0.0.1:${port}/0`,
    kill: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    },
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with code ${server.exitCode}`);
    if (await accepts(port)) return;
    await wait(10);
  }
  server.kill('SIGKILL');
  throw new Error('redis-server does not listen');
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
