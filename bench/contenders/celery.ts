import { celeryProducer } from '../processes/producer.js';
import { pythonEnvironment, type Celery } from './celery-environment.js';
import type { Contender, Layout } from './contender.js';

/** How Celery runs tasks at once. */
export type Pool = 'solo' | 'prefork' | 'threads';

const titles: Readonly<Record<Pool, string>> = { solo: 'solo', prefork: 'prefork 2', threads: 'threads' };

export function celeryName(version: string, pool: Pool): string {
  return `Celery ${version}, ${titles[pool]}`;
}

/** A pool of threads has as many as the scenario runs tasks at once; a solo worker one process, prefork two. */
export function celery(found: Celery, pool: Pool): Contender {
  return celeryContender(celeryName(found.version, pool), found, pool, {});
}

/** Without the settings that the benchmark gives Celery: with its own wait time and polling interval. */
export function celeryDefaults(found: Celery): Contender {
  const name = `${celeryName(found.version, 'solo')}, its own settings`;
  return celeryContender(name, found, 'solo', { BENCH_CELERY_DEFAULTS: '1' });
}

function celeryContender(name: string, found: Celery, pool: Pool, env: Readonly<Record<string, string>>): Contender {
  const quiet = ['--without-gossip', '--without-mingle', '--without-heartbeat', '--loglevel', 'WARNING'];
  const celeryWorker = [found.python, '-m', 'celery', '-A', 'bench_ready', 'worker', '-P', pool] as const;
  return {
    name,
    kind: 'celery',
    results: true,
    worker: (layout) => ({
      name,
      commands: [[...celeryWorker, '-c', String(processesOf(pool, layout)), ...quiet]],
      env: { ...pythonEnvironment(layout), ...env },
    }),
    producer: (layout) => celeryProducer(found, layout),
  };
}

function processesOf(pool: Pool, { concurrency }: Layout): number {
  if (pool === 'threads') return concurrency;
  return pool === 'solo' ? 1 : 2;
}
