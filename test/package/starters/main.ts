// node --import ./test/package/run-sources.mjs test/package/starters/main.ts TARBALL FOLDER
//
// The quick start of README.md in fresh applications, ESM and CommonJS, that install the tarball: each is made in FOLDER.
import { readQuickStart } from './quick-start.js';
import { createStarter, followQuickStart, runQuickStart, type ModuleSystem } from './starter.js';

const [tarball, folder] = process.argv.slice(2);
if (tarball === undefined || folder === undefined) throw new Error('Say which tarball, and in which folder.');
const quickStart = readQuickStart();

// An exit, not a death: what runs by then is ended.
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));

async function tryOut(type: ModuleSystem, packed: string, parent: string): Promise<void> {
  const application = await createStarter(parent, type);
  await followQuickStart(application, quickStart, packed);
  await runQuickStart(application, quickStart);
  console.log(`nest new, ${type}: the quick start works`);
}

// Both to their end, whatever becomes of the other.
const tried = await Promise.allSettled([tryOut('esm', tarball, folder), tryOut('cjs', tarball, folder)]);
for (const one of tried) {
  if (one.status === 'fulfilled') continue;
  console.error(one.reason);
  process.exitCode = 1;
}
