import { expect, it } from 'vitest';
import { hidePaths } from './hide-paths.js';

it('hides the longest folders first', () => {
  const folders = { '/home/me': '~', '/home/me/checkout': '.' };
  expect(hidePaths('in /home/me/checkout/dist/a.js, /home/me/.cache', folders)).toBe('in ./dist/a.js, ~/.cache');
});
