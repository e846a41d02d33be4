import { setTimeout as delay } from 'node:timers/promises';
import { nestLog } from './nest-app.js';
import type { Queue } from './queue.js';
import type { CeleryOptions, NestOptions, Stage } from './stage.js';

/** A worker of one of the fleets. */
export interface RunningWorker {
  /** What all of its kind that are near have logged so far. */
  log(): string;
  stop(): Promise<unknown>;
}

export type StartWorker = (queue: Queue) => Promise<RunningWorker>;

export function startNest(stage: Stage, options: NestOptions = {}): StartWorker {
  return async (queue) => {
    const app = await stage.nest(queue, options);
    return { log: () => nestLog.lines.join('\n'), stop: () => app.stop() };
  };
}

export function startCelery(stage: Stage, options: CeleryOptions = {}): StartWorker {
  return async (queue) => {
    const program = await stage.celery(queue, options);
    return { log: () => program.output, stop: () => program.stop('SIGTERM', 60_000) };
  };
}

/** Resolves with whether the worker logs what fits, now or within that time. */
export async function logs(worker: RunningWorker, pattern: RegExp, timeoutMs = 10_000): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!pattern.test(worker.log())) {
    if (Date.now() > deadline) return false;
    await delay(50);
  }
  return true;
}
