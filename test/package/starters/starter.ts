import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../docs/support/markdown.js';
import { Program } from '../../interop/support/program.js';
import { run } from './commands.js';
import { Endpoint } from './endpoint.js';
import type { QuickStart } from './quick-start.js';

/** The answers to the question of `nest new`: "Which module system would you like to use?" */
export type ModuleSystem = 'esm' | 'cjs';

const SUCCEEDED = /Task orders\.ship\[.*\] succeeded in .*'order 1 shipped by express, attempt 1'/;

/** Makes an application as `nest new` does, in `parent`; resolves to its folder. */
export async function createStarter(parent: string, type: ModuleSystem): Promise<string> {
  await run(parent, generator(`app-${type}`, type));
  return join(parent, `app-${type}`);
}

/** Does what the quick start says: installs, writes the files, builds with the starter's own settings. */
export async function followQuickStart(folder: string, quickStart: QuickStart, tarball: string): Promise<void> {
  const install = quickStart.install.map((word) => (word === 'nestjs-sqs-celery' ? tarball : word));
  await run(folder, [...install, '--no-audit', '--no-fund', '--prefer-offline']);
  await Promise.all(quickStart.files.map(({ name, text }) => writeFile(join(folder, 'src', name), text)));
  await run(folder, ['npm', 'run', 'build']);
}

/** Runs it on a local endpoint until its task has succeeded, and ends it. */
export async function runQuickStart(folder: string, quickStart: QuickStart): Promise<void> {
  await using endpoint = await Endpoint.start(folder, quickStart.endpoint);
  const env = { ...endpoint.env, NO_COLOR: '1' };
  const application = new Program('The application', process.execPath, ['dist/main'], { cwd: folder, env });
  try {
    await application.line(SUCCEEDED);
  } finally {
    await application.stop();
  }
  // Nest raises the signal again once everything is closed; a shutdown that fails exits with 1, and one that hangs is killed.
  assert.equal(application.exitSignal, 'SIGTERM', application.output);
  assert.match(application.output, /worker: Warm shutdown/);
  assert.equal(await endpoint.messages('celery'), 0, 'the task that ran is deleted');
  assert.equal(await endpoint.messages('python'), 1, 'what Python is to run is left to it');
}

/** `nest new` asks for the module system only in a terminal: the other one is asked of what it would ask itself. */
function generator(name: string, type: ModuleSystem): string[] {
  const bin = join(ROOT, 'node_modules/.bin');
  return type === 'esm'
    ? [join(bin, 'nest'), 'new', name, '--skip-install', '--skip-git', '--package-manager', 'npm']
    : [join(bin, 'schematics'), '@nestjs/schematics:application', `--name=${name}`, '--language=ts', `--type=${type}`];
}
