import type { MessagePort, Worker } from 'node:worker_threads';
import { InvalidConfigurationError } from '../errors.js';
import type { ResolvedThreads } from './threads-options.js';
import type { ProbeMessage, RunMessage, ThreadData } from './thread-messages.js';

/** As much of piscina's pool as is used. */
export interface Pool {
  /** @throws (rejects) where the thread ends, or is ended by the signal, which is the only way to end it */
  run(
    message: ProbeMessage | RunMessage,
    options?: { readonly signal?: AbortSignal; readonly transferList?: MessagePort[] },
  ): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  readonly threads: readonly Worker[];
  destroy(): Promise<void>;
}

/** What the pool is made of, in piscina's words. */
export interface PoolOptions extends Pick<ResolvedThreads, 'minThreads' | 'maxThreads' | 'resourceLimits'> {
  readonly filename: string;
  readonly name: string;
  readonly execArgv?: string[];
  readonly env: NodeJS.ProcessEnv;
  readonly workerData: Readonly<Record<string, ThreadData>>;
  readonly idleTimeout: number;
  readonly atomics: 'disabled';
  readonly recordTiming: boolean;
}

/** Imports the package, whose types a user need not have; replaced in tests. */
export type ImportPiscina = () => Promise<{ readonly Piscina: new (options: PoolOptions) => Pool }>;

const importOwn: ImportPiscina = () => import('piscina');

/** @throws (rejects) InvalidConfigurationError when the package is missing */
export async function openPool(options: PoolOptions, importPiscina: ImportPiscina = importOwn): Promise<Pool> {
  const { Piscina } = await load(importPiscina);
  return new Piscina(options);
}

async function load(importPiscina: ImportPiscina): ReturnType<ImportPiscina> {
  try {
    return await importPiscina();
  } catch (cause) {
    const problem = 'threads: tasks in threads need the package piscina, which cannot be imported: npm install piscina';
    const error = new InvalidConfigurationError([problem]);
    error.cause = cause;
    throw error;
  }
}
