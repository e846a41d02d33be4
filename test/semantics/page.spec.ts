import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { scenarios } from './scenarios/index.js';
import { PAGE } from './support/page.js';
import { scenariosIn } from './support/tables.js';

it('the page lists every scenario with what is observed; `npm run semantics -- --markdown` writes it', async () => {
  const page = await readFile(PAGE, 'utf8');
  expect(scenariosIn(page)).toEqual(scenarios.map(({ name, fact }) => ({ name, fact })));
  expect(page).not.toContain('FAILED');
});
