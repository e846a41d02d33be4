import { describe, expect, it } from 'vitest';
import { systemClock } from '#celery';
import type { Pool } from './piscina-package.js';
import { TaskThreads } from './task-threads.js';
import { resolveThreads, threadsProblems } from './threads-options.js';

const MODULE = 'file:///app/app.module.js';

describe('the option threads', () => {
  it.each([
    [{}, /threads\.module is missing/],
    ['a text', /threads must be an object/],
    [{ module: './app.module.js' }, /threads\.module must be a file URL/],
    [{ module: MODULE, export: '' }, /threads\.export must be/],
    [{ module: MODULE, minThreads: 0 }, /threads\.minThreads must be a whole number from 1/],
    [{ module: MODULE, minThreads: 3, maxThreads: 2 }, /minThreads must not be greater/],
    [{ module: MODULE, execArgv: '--import' }, /threads\.execArgv must be an array/],
    [{ module: MODULE, size: 3 }, /threads\.size is not an option/],
  ])('refuses %o', (given, problem) => {
    expect(threadsProblems(given)).toEqual([expect.stringMatching(problem)]);
  });

  it('has defaults', () => {
    expect(threadsProblems(undefined)).toEqual([]);
    expect(threadsProblems({ module: new URL(MODULE) })).toEqual([]);
    const resolved = resolveThreads({ module: new URL(MODULE), minThreads: 1000 });
    expect(resolved).toMatchObject({ module: MODULE, export: 'AppModule', minThreads: 1000, maxThreads: 1000 });
  });
});

describe('opening threads', () => {
  const deps = {
    connection: 'default',
    options: resolveThreads({ module: MODULE, minThreads: 2 }),
    clock: systemClock,
  };

  it('says what to install where piscina is missing', async () => {
    const threads = new TaskThreads({ ...deps, importPiscina: () => Promise.reject(new Error('not found')) });
    await expect(threads.open(['a'])).rejects.toThrow(/threads: .* npm install piscina/);
    await threads.close(0);
  });

  it('fails, and ends all, where one of the first threads does not start', async () => {
    const ran: unknown[] = [];
    let destroyed = 0;
    class Piscina implements Pool {
      readonly threads = [];
      run(message: unknown): Promise<unknown> {
        ran.push(message);
        const ready = { kind: 'ready', missing: [] };
        return ran.length === 1 ? Promise.resolve(ready) : Promise.reject(new Error('worker exited with code: 1'));
      }
      on(): void {}
      async destroy(): Promise<void> {
        destroyed += 1;
      }
    }
    const threads = new TaskThreads({ ...deps, importPiscina: () => Promise.resolve({ Piscina }) });
    await expect(threads.open(['a'])).rejects.toThrow(/does not start in a thread: Error: worker exited with code: 1/);
    expect(ran).toEqual(Array(2).fill({ kind: 'probe', connection: 'default', tasks: ['a'] }));
    expect(destroyed).toBe(1);
  });
});
