import { availableParallelism } from 'node:os';
import type { ResourceLimits } from 'node:worker_threads';
import { anObject, describe, problemsOf, text, whole, type OptionRules } from '../options/option-rules.js';

/** The threads in which tasks with `pool: 'threads'` run: the option `threads`, in the words of piscina, whose pool they are. */
export interface ThreadsOptions {
  /** The compiled module that each thread imports: `new URL('./app.module.js', import.meta.url)`. */
  readonly module: URL | string;
  /** The name under which it exports the application's root module. Default: `AppModule`. */
  readonly export?: string;
  /** Threads that are started together with the application. The others start when they are needed, and stay. Default: 1. */
  readonly minThreads?: number;
  /** Threads at most, and with it how many of the connection's tasks run in threads at once. Default: the number of cores. */
  readonly maxThreads?: number;
  /** Limits of the memory of each thread: Node's `resourceLimits`. Default: Node's own. */
  readonly resourceLimits?: ResourceLimits;
  /** Options of Node for each thread, `['--import', './hooks.js']`. Default: those of the process. */
  readonly execArgv?: readonly string[];
}

/** With every default filled in; only made of options without problems. */
export interface ResolvedThreads extends ThreadsOptions {
  /** As a file URL. */
  readonly module: string;
  readonly export: string;
  readonly minThreads: number;
  readonly maxThreads: number;
}

const rules: OptionRules<ThreadsOptions> = {
  module: { expectation: "a file URL: new URL('./app.module.js', import.meta.url)", check: isFileUrl },
  export: text,
  minThreads: whole(1),
  maxThreads: whole(1),
  resourceLimits: anObject,
  execArgv: {
    expectation: 'an array of strings',
    check: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  },
};

/** Lists everything that is wrong with the option `threads`, one sentence each. */
export function threadsProblems(threads: unknown): string[] {
  if (threads === undefined) return [];
  if (!anObject.check(threads)) return [`threads must be an object { module, … }, got ${describe(threads)}`];
  const options: { module?: unknown; minThreads?: unknown; maxThreads?: unknown } = Object(threads);
  const { module, minThreads, maxThreads } = options;
  return [
    ...(module === undefined ? [`threads.module is missing: it must be ${rules.module.expectation}`] : []),
    ...problemsOf('threads.', options, rules),
    ...(Number(minThreads) > Number(maxThreads)
      ? ['threads.minThreads must not be greater than threads.maxThreads']
      : []),
  ];
}

/** Fills in the defaults. */
export function resolveThreads(options: ThreadsOptions): ResolvedThreads {
  const maxThreads = options.maxThreads ?? Math.max(availableParallelism(), options.minThreads ?? 1);
  return {
    ...options,
    module: String(options.module),
    export: options.export ?? 'AppModule',
    minThreads: options.minThreads ?? 1,
    maxThreads,
  };
}

function isFileUrl(value: unknown): boolean {
  const isText = typeof value === 'string' || value instanceof URL;
  return isText && URL.canParse(String(value)) && new URL(value).protocol === 'file:';
}
