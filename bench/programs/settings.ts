import type { Layout } from '../contenders/contender.js';

/** Credentials that any local endpoint takes. */
export const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' };
export const region = 'us-east-1';

/** Keeps the SDK's word about the end of Node 20 out of what is printed. */
export const quietNode = { NODE_NO_WARNINGS: '1' };

/** How the layout reaches a process of the benchmark. */
export function layoutEnv(layout: Layout): Record<string, string> {
  return { BENCH_LAYOUT: JSON.stringify(layout), ...quietNode, NODE_ENV: 'production' };
}

export function layoutOfEnv(): Layout {
  return JSON.parse(process.env['BENCH_LAYOUT'] ?? '') as Layout;
}

/** Milliseconds that one task takes. */
export function taskTime({ taskMs }: Layout): number {
  return taskMs === 0 ? 0 : taskMs * (0.5 + Math.random());
}

/** The machine's monotonic clock in milliseconds, which all processes share: Python's `time.monotonic()` reads the same. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
