import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { EXIT } from './command.js';
import { run } from './run.js';

interface Session {
  readonly out: string[];
  readonly error: string[];
  readonly stop: AbortController;
  readonly exit: Promise<number>;
  /** Resolves when a line of standard output contains `text`. */
  printed(text: string): Promise<string>;
}

function start(...args: string[]): Session {
  const out: string[] = [];
  const error: string[] = [];
  const stop = new AbortController();
  const watchers: (() => void)[] = [];
  const write = (line: string): void => {
    out.push(line);
    for (const watch of watchers) watch();
  };
  const exit = run(args, { out: write, error: (line) => error.push(line), stop: stop.signal });
  const printed = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        const line = out.find((one) => one.includes(text));
        if (line !== undefined) resolve(line);
      };
      watchers.push(look);
      look();
    });
  return { out, error, stop, exit, printed };
}

describe('nestjs-sqs-celery', () => {
  it('shows its commands when asked for help', async () => {
    const session = start('--help');
    expect(await session.exit).toBe(EXIT.ok);
    expect(session.out.join('\n')).toContain('local');
    expect(session.error).toEqual([]);
  });

  it.each([
    [[], 'A command is missing'],
    [['lokal'], 'Unknown command "lokal"'],
    [['local', '--prot', '1'], '--prot'],
    [['local', '--port', '70000'], '--port must be'],
    [['local', '--port', 'abc'], '--port must be'],
    [['local', '--queue', 'a b'], '--queue must be'],
    [['local', '--region', 'x y'], '--region must be'],
    [['local', 'extra'], 'extra'],
  ])('refuses %j with exit code 2 and the usage', async (args, message) => {
    const session = start(...args);
    expect(await session.exit).toBe(EXIT.usage);
    expect(session.error.join('\n')).toContain(message);
    expect(session.error.join('\n')).toContain('Usage: nestjs-sqs-celery');
  });
});

describe('nestjs-sqs-celery local', () => {
  it('tells its options when asked for help', async () => {
    const session = start('local', '--help');
    expect(await session.exit).toBe(EXIT.ok);
    expect(session.out.join('\n')).toContain('--queue');
  });

  it('serves the queues it was given until it is stopped', async () => {
    const session = start(
      'local',
      '--port',
      '0',
      '--queue',
      'celery',
      '--queue',
      'orders.fifo',
      '--region',
      'eu-west-1',
    );
    const line = await session.printed('AWS_ENDPOINT_URL_SQS');
    const endpoint = line.split('=')[1] ?? '';
    const answer = await fetch(`${endpoint}/?Action=ListQueues`);
    const xml = await answer.text();
    expect(xml).toContain('/celery</QueueUrl>');
    expect(xml).toContain('/orders.fifo</QueueUrl>');
    expect(session.out.join('\n')).toContain('AWS_DEFAULT_REGION=eu-west-1');
    session.stop.abort();
    expect(await session.exit).toBe(EXIT.ok);
    await expect(fetch(endpoint)).rejects.toThrow('fetch failed');
  });

  it('says so when the port is in use', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    const session = start('local', '--port', String(port));
    expect(await session.exit).toBe(EXIT.failure);
    expect(session.error.join('\n')).toContain(`port ${port} of 127.0.0.1 is in use`);
    await new Promise((resolve) => holder.close(resolve));
  });
});
