import { Ignore, Reject, Retry } from '#celery';
import { describe, expect, it } from 'vitest';
import { logTaskEvents } from './task-log.js';
import { Bench, body } from './worker.test-support.js';

class ValueError extends Error {
  override readonly name = 'ValueError';
}

/** The lines that one task leaves in the log. */
async function linesOf(
  run: () => unknown,
  {
    spec = {},
    options = {},
    resultreprMaxsize = 1024,
  }: { spec?: object; options?: object; resultreprMaxsize?: number } = {},
): Promise<string[]> {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (message: string): void =>
      void lines.push(`${level} ${message}`);
  const bench = new Bench().task('proj.add', run, options);
  const log = { log: write('INFO'), warn: write('WARNING'), error: write('ERROR'), debug: write('DEBUG') };
  logTaskEvents(bench.events, log, { resultreprMaxsize });
  await bench.handle({ body: body({ task: 'proj.add', id: 'an-id', ...spec }) });
  return lines;
}

function raise(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe("the log speaks as Celery's worker", () => {
  it('of success', async () => {
    expect(await linesOf(() => [1, "it's"])).toEqual([
      'INFO Task proj.add[an-id] received',
      expect.stringMatching(/^INFO Task proj\.add\[an-id\] succeeded in [\d.e-]+s: \[1, 'it\\'s'\]$/),
    ]);
  });

  it('of success without the result where results are not wanted in the log', async () => {
    const [, line] = await linesOf(() => 'secret', { resultreprMaxsize: 0 });
    expect(line).toMatch(/succeeded in [\d.e-]+s: \.\.\.$/);
  });

  it.each([
    ['failure', raise(new ValueError('boom')), {}, "ERROR Task proj.add[an-id] raised unexpected: ValueError('boom')"],
    ['something that is no error', raise(42), {}, 'ERROR Task proj.add[an-id] raised unexpected: 42'],
    [
      'an expected failure',
      raise(new ValueError('boom')),
      { throws: [ValueError] },
      "INFO Task proj.add[an-id] raised expected: ValueError('boom')",
    ],
    [
      'a retry',
      raise(new Retry({ countdown: 1, cause: new ValueError('try again') })),
      {},
      "INFO Task proj.add[an-id] retry: Retry in 1s: ValueError('try again')",
    ],
    ['Ignore', raise(new Ignore()), {}, 'INFO Task proj.add[an-id] ignored'],
    [
      'Reject',
      raise(new Reject({ reason: 'no thanks' })),
      {},
      'WARNING Task proj.add[an-id] reject requeue=False: no thanks',
    ],
  ])('of %s', async (_what, run, options, line) => {
    expect(await linesOf(run, { options })).toEqual(['INFO Task proj.add[an-id] received', line]);
  });

  it('of a task that has expired', async () => {
    expect(await linesOf(() => 1, { spec: { expires: -1 } })).toEqual([
      'INFO Task proj.add[an-id] received',
      'INFO Discarding revoked task: proj.add[an-id]',
    ]);
  });

  it('of a foreign task once for each name', async () => {
    const bench = new Bench();
    const lines: string[] = [];
    const write = (message: string): void => void lines.push(message);
    logTaskEvents(bench.events, { log: write, warn: write, error: write, debug: write });
    for (let time = 0; time < 3; time += 1) await bench.handle({ body: body({ task: 'theirs' }) });
    expect(lines).toEqual([
      "Received unregistered task of type 'theirs' on queue celery: handed back for another worker. This is logged once.",
    ]);
  });

  it('in one line each, whatever the names are', async () => {
    const bench = new Bench();
    const lines: string[] = [];
    const write = (message: string): void => void lines.push(message);
    logTaskEvents(bench.events, { log: write, warn: write, error: write, debug: write });
    await bench.handle({ body: body({ task: `forged\n[INFO] ${'x'.repeat(500_000)}` }) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(lines[0]?.length).toBeLessThan(400);
  });

  it('of a failure even where the error cannot be read', async () => {
    class Hostile extends Error {
      override get message(): string {
        throw new RangeError('no');
      }
    }
    const [, line] = await linesOf(raise(new Hostile()));
    expect(line).toBe('ERROR Task proj.add[an-id] raised unexpected: Hostile(unreadable: RangeError)');
  });

  it('never of a payload that could not be read', async () => {
    const bench = new Bench();
    const lines: string[] = [];
    const write = (message: string): void => void lines.push(message);
    logTaskEvents(bench.events, { log: write, warn: write, error: write, debug: write });
    await bench.handle({ body: '{"card": "4111111111111111"}' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('Received unknown message message-1 on queue celery');
    expect(lines[0]).not.toContain('4111');
  });
});

it('makes no line where the log says that none is printed', async () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const result = {
    get secret() {
      lines.push('looked at');
      return 1;
    },
  };
  const bench = new Bench().task('do', () => result);
  logTaskEvents(bench.events, { log: write, warn: write, error: write, debug: write, printsLog: false });
  await bench.handle({ body: body() });
  expect(bench.names()).toContain('succeeded');
  expect(lines).toEqual([]);
});
