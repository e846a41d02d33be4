import { afterAll, describe } from 'vitest';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/testing.md';
const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

// Tests of the reader's: they register themselves here.
describe.each(['app.spec.ts', 'eager.spec.ts', 'handler.spec.ts', 'unit.spec.ts'])(`${PAGE}: %s`, async (file) => {
  await modules.import(PAGE, file);
});
