import { expect, it } from 'vitest';
import { withFigures } from './docs-section.js';

const begin = '<!-- begin: written by `npm run bench -- --markdown` -->';
const end = '<!-- end -->';

it('replaces what stands between the marks, and nothing else', () => {
  expect(withFigures(`before\n${begin}\nold\n${end}\nafter`, 'new')).toBe(`before\n${begin}\n\nnew\n\n${end}\nafter`);
});

it('refuses a page without marks, or with marks in the wrong order', () => {
  expect(() => withFigures('nothing', 'new')).toThrow(/no marks/);
  expect(() => withFigures(`${end}${begin}`, 'new')).toThrow(/no marks/);
});
