import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { layoutEnv } from '../programs/settings.js';
import type { Layout } from './contender.js';

/** The Celery application and its producer; they are not compiled, and stand where the sources are. */
export const pythonFolder = fileURLToPath(new URL('../../../bench/python', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The newest is the one that CI tests with; the other's requirements are the benchmark's own. */
const environments: Readonly<Record<string, string>> = { '5.7.0': '.ci/python-env', '5.6.2': 'bench/python-env' };
export const celeryVersions = Object.keys(environments);

/** An installed version of Celery. */
export interface Celery {
  readonly version: string;
  /** Its interpreter. */
  readonly python: string;
}

/** Makes the environment of a version where it is missing; or says why it cannot. */
export function findCelery(version: string): Celery | { readonly missing: string } {
  const { status, stdout, stderr } = spawnSync(`${root}${environments[version]}`, [`celery-${version}`], {
    encoding: 'utf8',
  });
  if (status === 0) return { version, python: stdout.trim() };
  return { missing: stderr?.trim().split('\n').at(-1) ?? 'its environment cannot be made' };
}

/** What both processes of Celery, worker and producer, are told. */
export function pythonEnvironment(layout: Layout): Record<string, string> {
  return {
    ...layoutEnv(layout),
    AWS_DEFAULT_REGION: 'us-east-1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONPATH: pythonFolder,
    PYTHONUNBUFFERED: '1',
  };
}
