import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Program } from './interop/support/program.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const arguments_ = [
  '--conditions=@sqs-celery/source',
  '--import',
  fileURLToPath(new URL('package/run-sources.mjs', import.meta.url)),
  fileURLToPath(new URL('../apps/demo/src/main.js', import.meta.url)),
];

/** Longest time that may pass between Ctrl-C and the end. */
const STOP_MS = 2000;

describe('the demo', () => {
  let demo: Program;
  afterEach(async () => {
    demo.signalGroup('SIGKILL');
    await demo.ended;
  });

  function start(...flags: string[]): Program {
    // It decides by these whether it needs an endpoint of its own.
    const env = { AWS_ENDPOINT_URL_SQS: '', AWS_ENDPOINT_URL: '', AWS_ACCESS_KEY_ID: '', AWS_PROFILE: '' };
    demo = new Program('demo', process.execPath, [...arguments_, ...flags], { cwd: root, env, detached: true });
    return demo;
  }

  it('ends by itself after the counted successes', async () => {
    start('--count', '2');
    await demo.ended;
    expect({ exitCode: demo.exitCode, output: demo.output }).toMatchObject({ exitCode: 0 });
    const ids = (pattern: RegExp): (string | undefined)[] =>
      demo.lines.flatMap((line) => pattern.exec(line)?.[1] ?? []).toSorted();
    const sent = ids(/^producer\.1 \| .*Sent do_something\[(.+?)\]/);
    expect(sent).toHaveLength(2);
    expect(ids(/^worker\.1 \| .*Task do_something\[(.+?)\] received/)).toEqual(sent);
    expect(ids(/^worker\.1 \| .*Task do_something\[(.+?)\] succeeded in /)).toEqual(sent);
    expect(demo.output).not.toContain('NodeVersionSupportWarning');
  });

  it.each([
    ['Ctrl-C', () => demo.signalGroup('SIGINT')],
    ['SIGINT to it alone', () => void demo.stop('SIGINT')],
    ['SIGTERM to it alone', () => void demo.stop('SIGTERM')],
  ])('%s drains and ends it', async (_, interrupt) => {
    start();
    await demo.line(/succeeded in/);
    const before = Date.now();
    interrupt();
    await demo.ended;
    expect(Date.now() - before).toBeLessThan(STOP_MS);
    expect({ exitCode: demo.exitCode, output: demo.output }).toMatchObject({ exitCode: 0 });
    expect(demo.output).toContain('Warm shutdown');
  });

  it.each([
    [['--count', 'five'], /^demo: --count: a whole number from 1 expected, got five$/],
    [['--cuont', '5'], /^demo: Unknown option '--cuont'/],
  ])('refuses %j in one line', async (flags, problem) => {
    start(...flags);
    await demo.ended;
    expect(demo.exitCode).toBe(2);
    expect(demo.lines).toEqual([expect.stringMatching(problem)]);
  });
});
