import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where the Python application of the tests lives. */
export const pythonProject = fileURLToPath(new URL('../python', import.meta.url));

const environmentScript = fileURLToPath(new URL('../../../.ci/python-env', import.meta.url));

/** Whether a missing counterpart is a failure (CI) instead of a reason to skip. */
export const required = process.env['SQS_CELERY_REQUIRE_INTEROP'] === '1';

export interface Pythons {
  /** Interpreter by Celery version. */
  readonly celery: ReadonlyMap<string, string>;
  readonly moto: string;
}

/** The Celery versions every spec runs against: the newest, and the oldest whose JSON knows types. */
export const celeryVersions = ['5.7.0', '5.3.6'] as const;

/** The interpreters, made where they are missing (a minute at the first run); a text says why there are none. */
export function findPythons(): Pythons | string {
  try {
    const celery = new Map(celeryVersions.map((version) => [version, interpreter(`celery-${version}`)]));
    return { celery, moto: interpreter('moto') };
  } catch (error) {
    if (required) throw error;
    return `no Python with Celery: ${firstLine(error)}`;
  }
}

function interpreter(name: string): string {
  return execFileSync(environmentScript, [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function firstLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  return (stderr || String(error)).trim().split('\n').at(-1) ?? '';
}
