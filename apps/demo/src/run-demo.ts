import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoOptions } from './demo-options.js';
import { type Endpoint, openEndpoint } from './endpoint.js';
import { type Program, type RunningProgram, startPrograms } from './processes.js';
import { Progress } from './progress.js';

/** How long `--count` may take. */
const COUNT_TIMEOUT_MS = 60_000;
/** How long the applications may take to drain before they are killed. */
const STOP_TIMEOUT_MS = 5000;

/** Why the demo ended. */
type Ending = 'succeeded' | 'interrupted' | { readonly failure: string };

/** Runs producer and worker until the demo's end; resolves with the exit code. */
export async function runDemo(options: DemoOptions, env: NodeJS.ProcessEnv): Promise<number> {
  const endpoint = await openEndpoint(env);
  try {
    console.log(`SQS: ${endpoint.description}`);
    const ending = await runPrograms(options, endpoint);
    return report(ending, options);
  } finally {
    await endpoint.close();
  }
}

async function runPrograms(options: DemoOptions, endpoint: Endpoint): Promise<Ending> {
  const done = new AbortController();
  const progress = new Progress(options.count ?? Number.POSITIVE_INFINITY);
  const programs = startPrograms(describePrograms(options, endpoint, progress));
  try {
    return await Promise.race([
      verdict(progress),
      workerEnded(programs),
      interrupted(done.signal),
      timedOut(options, done.signal),
    ]);
  } finally {
    done.abort();
    await stop(programs);
  }
}

function describePrograms(options: DemoOptions, endpoint: Endpoint, progress: Progress): Program[] {
  const count: Record<string, string> = options.count === undefined ? {} : { DEMO_COUNT: String(options.count) };
  // Node 20 is supported here; the SDK's line about its coming end would only puzzle a newcomer.
  const quiet = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  const colours: Record<string, string> = process.stdout.isTTY ? {} : { NO_COLOR: '1' };
  const env = { ...endpoint.env, ...quiet, ...colours };
  const entry = (app: string): URL => new URL(`../../${app}/src/main.js`, import.meta.url);
  return [
    { name: 'producer.1', entry: entry('producer'), env: { ...env, ...count } },
    { name: 'worker.1', entry: entry('worker'), env, onLine: (line: string) => progress.read(line) },
  ];
}

async function verdict(progress: Progress): Promise<Ending> {
  return (await progress.verdict) === 'succeeded' ? 'succeeded' : { failure: 'a task failed' };
}

/** The producer's end alone ends nothing: there may be tasks left to run. */
async function workerEnded(programs: readonly RunningProgram[]): Promise<Ending> {
  const worker = programs.find(({ name }) => name === 'worker.1');
  return { failure: `the worker ended with ${await worker?.ended}` };
}

async function interrupted(done: AbortSignal): Promise<Ending> {
  await new Promise<void>((resolve) => {
    const interrupt = (): void => resolve();
    // Kept until the end: Ctrl-C reaches this process and its children, and a second one must not cut the draining short.
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    done.addEventListener('abort', interrupt, { once: true });
  });
  return 'interrupted';
}

async function timedOut(options: DemoOptions, done: AbortSignal): Promise<Ending> {
  if (options.count === undefined) return new Promise(() => undefined);
  // Cut short only by the end that another condition brought.
  await sleep(COUNT_TIMEOUT_MS, undefined, { signal: done }).catch(() => undefined);
  return { failure: `no ${options.count} successes within ${COUNT_TIMEOUT_MS / 1000} s` };
}

async function stop(programs: readonly RunningProgram[]): Promise<void> {
  for (const program of programs) program.kill('SIGTERM');
  const timer = setTimeout(() => programs.forEach((program) => program.kill('SIGKILL')), STOP_TIMEOUT_MS);
  await Promise.all(programs.map(({ ended }) => ended));
  clearTimeout(timer);
}

function report(ending: Ending, options: DemoOptions): number {
  if (ending === 'succeeded') return 0;
  if (ending === 'interrupted') return options.count === undefined ? 0 : 1;
  console.error(`demo: ${ending.failure}`);
  return 1;
}
